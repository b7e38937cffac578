# The report of a run, as plain text.

report-head-complete-check = { $stored ->
    [one] { $stored } message, ready to move
   *[other] { $stored } messages, ready to move
 }
report-head-complete-move = Everything moved
report-head-complete-move-verified = Everything moved and compared
report-head-complete-backup = Backup complete: { $proved ->
    [one] the message read back, identical
   *[other] all { $proved } messages read back, identical
 }
report-head-complete-verify = Compared message by message: all the same
report-head-problems-check = { $problems ->
    [one] { $problems } thing to look at first
   *[other] { $problems } things to look at first
 }
report-head-problems-move = Moved; { $look ->
    [one] { $look } needs a look
   *[other] { $look } need a look
 }
report-head-problems-backup = Backed up; { $look ->
    [one] { $look } needs a look
   *[other] { $look } need a look
 }
report-head-problems-verify = Compared; { $look ->
    [one] { $look } needs a look
   *[other] { $look } need a look
 }
report-head-complete-undo = The move is taken back: { $stored ->
    [one] { $stored } message removed from the new mailbox
   *[other] { $stored } messages removed from the new mailbox
 }
report-head-complete-undo_look = { $stored ->
    [one] { $stored } message of this move can be taken back
   *[other] { $stored } messages of this move can be taken back
 }
report-head-problems-undo = Taken back; { $look ->
    [one] { $look } needs a look
   *[other] { $look } need a look
 }
report-head-problems-undo_look = { $problems ->
    [one] { $problems } thing to look at first
   *[other] { $problems } things to look at first
 }
report-head-stopped-undo = Stopped before the end: the move is taken back in part
report-head-stopped = Stopped before the end
report-head-failed = Could not start

report-found = found in the old mailbox
report-compared = compared
report-stored = stored
report-to_store = to be moved
report-backed_up = saved in the backup
report-equal = equal
report-already = already there
report-skipped = left out, as you asked
report-failed = not moved
report-differ = missing or different
report-gone = moved or deleted in the new mailbox since
report-moved = stored by this move
report-removed = removed from the new mailbox
report-to_remove = to be removed from the new mailbox
report-kept = kept
report-not_removed = not removed
report-size = { $size } in { $time }
report-time = in { $time }
report-size-check = { $folders ->
    [one] { $folders } folder, { $size }
   *[other] { $folders } folders, { $size }
 }{ $room ->
    [yes] , they fit
    [no] , the new mailbox lacks { $lack }
   *[untold] {""}
 }{ $time ->
    [none] {""}
   *[other] , about { $time }
 }.
report-oldest = The oldest message here is from { $date }. Do you have older mail? Then let mail programs see all of it, in the settings on its web page.
report-backup = Backup complete: { $proved ->
    [one] { $proved } message read back, identical.
   *[other] all { $proved } messages read back, identical.
 }
report-empty = We see no mail here. Is it the right mailbox?
report-folder-uid = { $folder }, message { $uid }
report-more = { $n ->
    [one] and { $n } more
   *[other] and { $n } more
 }
report-notices = Good to know
report-problems = Need a look
report-words = Server’s words: { $words }
