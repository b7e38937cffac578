# Each sentence group: the value says what happened, .meaning what it means for the mail, .todo what to do.
# $side is old, new or other; $started is yes once something may have been moved; $safe says what is safe.
# cause-*: why something stopped or could not start. wait-*: why it stands still and goes on by itself.
# problem-*: one entry in the list of problems. wait- and problem- fall back to cause-.

mailbox = { $side ->
    [old] old mailbox
    [new] new mailbox
   *[other] mailbox
 }
safe = { $safe ->
    [moved] What has been moved stays moved; nothing starts over.
    [saved] What has been saved stays saved; nothing starts over.
    [one] Nothing was changed in the mailbox.
   *[both] Nothing was changed in either mailbox.
 }
some-server = the server
some-user = your user name
unharmed = The message is still in the old mailbox, unchanged.

cause-host_unknown = The server of the { mailbox } can’t be found: { $host }
    .meaning = { safe }
    .todo = { $started ->
        [yes] Check that this computer is online, and start again.
       *[no] Check the spelling of the server’s name, and that this computer is online.
     }
cause-network_unreachable = This computer has no network to reach { $host } by.
    .meaning = { safe }
    .todo = Check that this computer is online, and start again.
cause-connection_refused = The { mailbox } can’t be reached: { $host } refuses the connection.
    .meaning = { safe }
    .todo = { $started ->
        [yes] Start again when it is back.
       *[no] Check the server’s name and port. Some networks block mail programs: try another or a phone’s hotspot.
     }
cause-timeout = The { mailbox } does not answer: { $host }
    .meaning = { safe }
    .todo = { $started ->
        [yes] Check that this computer is online, and start again later.
       *[no] Some networks block mail programs: try another or a phone’s hotspot. Otherwise try again later.
     }
cause-certificate_expired = The connection is not safe, so we stopped; your password was not sent.
    .meaning = The certificate of { $host } is not valid today{ $until ->
        [none] .
       *[other] : it is valid from { $from } to { $until }.
     }
    .todo = Check date and time of this computer. If they are right, ask the mailbox’s admin to renew the certificate.
cause-certificate_wrong_host = The connection is not safe, so we stopped; your password was not sent.
    .meaning = The certificate of { $host } belongs to another name{ $subject ->
        [none] .
       *[other] : { $subject }
     }
    .todo = Check the server’s name. On a hotel’s or company’s network, sign in to the network in the browser first.
cause-certificate_untrusted = The connection is not safe, so we stopped; your password was not sent.
    .meaning = This computer does not know who issued the certificate of { $host }{ $issuer ->
        [none] .
       *[other] : { $issuer }
     }
    .todo = If security software on this computer looks into connections, switch that off for mail. If it is your company’s own server, ask your admin for the fingerprint and compare{ $fingerprint ->
        [none] .
       *[other] : { $fingerprint }
     }
cause-certificate_changed = The connection is not safe, so we stopped; your password was not sent.
    .meaning = The certificate of { $host } is not the one you trusted{ $fingerprint ->
        [none] .
       *[other] ; it is now { $fingerprint }
     }
    .todo = Ask your admin whether the certificate was renewed, and compare the fingerprint before you trust it.
cause-tls_failed = The { mailbox } could not agree on a safe connection; your password was not sent.
    .meaning = { safe }
    .todo = Check the port: 993 is usual for a connection that is safe from the start, 143 for one that becomes safe.
cause-starttls_missing = The { mailbox } offers no safe connection here, so we stopped; your password was not sent.
    .meaning = { safe }
    .todo = Try the safe port, usually 993. If that does not help, somebody on this network may be interfering: use another.
cause-sign_in_refused = The { mailbox } did not accept this password.
    .meaning = To avoid a lock we never retry unasked.
    .todo = { $kind ->
        [own] { $provider } wants a “{ $password }”, not the web password. It is shown once: copy it and paste it here.
       *[other] Check the user name “{ $user }” and type the password again. Some mailboxes want an authorisation code or app password in its place.
     }
cause-sign_in_unavailable = The { mailbox } does not let mail programs in yet.
    .meaning = Switching it on touches no mail.
    .todo = On its web page, switch on access for mail programs (IMAP). No such item? Ask your admin. If it is on already, wait some minutes: too many sign-ins are refused for a while.
cause-sign_in_method_missing = The { mailbox } offers no way to sign in that this program knows.
    .meaning = { safe }
    .todo = { $kind ->
        [browser] { $provider } lets mail programs in by a sign-in in the browser only. This version can’t do that yet.
       *[other] Ask the mailbox’s admin to allow sign-in by password for mail programs.
     }
cause-no_credentials = There is no password for the { mailbox }.
    .meaning = { safe }
    .todo = Enter the password for “{ $user }”.
cause-closed = The { mailbox } ended the connection.
    .meaning = { safe }
    .todo = Try again in some minutes; it goes on from here.
cause-protocol = The { mailbox } gave an answer that can’t be understood.
    .meaning = { safe }
    .todo = Try again; it goes on from here. If it happens again, send us the server’s words.
cause-throttled = The { mailbox } asks us to slow down.
    .meaning = Common; nothing is lost.
    .todo = Try again in an hour; it goes on from here.
cause-folder_missing = { $folder ->
        [none] A folder can’t be found any more.
       *[other] “{ $folder }” can’t be found any more.
     }
    .meaning = Its mail was not moved; the other folders are fine.
    .todo = See whether it was renamed or deleted while the move ran, then run the move again.
cause-folder_refused = { $folder ->
        [none] A folder can’t be opened, the others are fine.
       *[other] “{ $folder }” can’t be opened, the others are fine.
     }
    .meaning = Its mail was not moved.
    .todo = See on the web page whether it is locked or shared, then run the move again.
cause-server_failed = { $folder ->
        [none] A server met an error of its own over a folder.
       *[other] The server met an error of its own over “{ $folder }”.
     }
    .meaning = Not all of its mail was moved; what is missing is still in the old mailbox.
    .todo = Run the move again in some minutes. If it stays like this, show the server’s words to the mailbox’s admin.
cause-folder_name_refused = The new mailbox does not take the name { $folder ->
        [none] of a folder.
       *[other] “{ $folder }”.
     }
    .meaning = Its mail was not moved; the other folders are fine.
    .todo = Give it a place under another name, then run the move again.
cause-validity_changed = The server has numbered { $folder ->
        [none] a folder anew.
       *[other] “{ $folder }” anew.
     }
    .meaning = { safe }
    .todo = Run the move again: messages are matched by what they contain, so nothing is doubled.
cause-message_gone = A message was listed, but the old mailbox did not hand it over.
    .meaning = It was probably deleted or moved there in the meantime.
    .todo = Run the move again. If it is listed again, look for it on the old mailbox’s web page.
cause-message_empty = The old mailbox handed over a message without anything in it.
    .meaning = It was not moved: an empty copy would look like success.
    .todo = Open it on the old mailbox’s web page and save it from there if it has content.
cause-message_too_large = A message is larger than the new mailbox takes{ $detail ->
        [none] .
       *[other] : { $detail }
     }
    .meaning = { unharmed }
    .todo = Save it as a file from the old mailbox, or ask the new mailbox’s admin to raise the limit and run the move again.
cause-message_refused = The new mailbox refused a message.
    .meaning = { unharmed }
    .todo = Run the move again. If it is refused again, save it as a file from the old mailbox.
cause-message_damaged = A message did not arrive as the old mailbox announced it.
    .meaning = It was not stored: we store only what is whole.
    .todo = Run the move again. If it stays, open it on the old mailbox’s web page.
cause-quota_full = { $done ->
        [none] The new mailbox is full.
       *[other] The new mailbox is full; stopped at { $done }.
     }
    .meaning = What has been moved stays moved; nothing starts over.
    .todo = Make room or ask for a larger mailbox, then go on.
cause-disk_full = { $place ->
        [none] The disk is full.
       *[other] The disk is full: { $place }
     }
    .meaning = What is saved so far is whole; nothing starts over.
    .todo = { $needed ->
        [none] Free some room and try again.
       *[other] Free { $needed } and try again.
     }
cause-disk_failed = { $about ->
        [none] The disk could not be read or written.
       *[other] This could not be read or written: { $about }
     }
    .meaning = { safe }
    .todo = Check that the folder exists, that you may write to it and that the disk is connected, or choose another place.
cause-store_unusable = { $kind ->
        [backup] This backup can’t be used: { $about }
       *[other] The record of this move can’t be opened.
     }
    .meaning = { $kind ->
        [backup] It is damaged, another mailbox’s, or made by a newer version. Nothing in it was changed.
       *[other] Your mail is safe; a new check goes on, without duplicates.
     }
    .todo = { $kind ->
        [backup] Choose another folder for the backup.
       *[other] Check again.
     }
cause-busy = This move is already running in another window or program.
    .meaning = Two at once could store mail twice, so this one did not start.
    .todo = Go on there, or end it there and try again.
cause-same_mailbox = Both sides are the same mailbox.
    .meaning = Nothing was changed.
    .todo = Check which provider runs the old mailbox and which the new one.
cause-identity_changed = The { mailbox } is not the one of the last run: another server answers at { $host }
    .meaning = After a switch of the mail domain the old name may lead to the new server. So we stopped; nothing was changed.
    .todo = Ask the provider for the server’s lasting name, and use that.
cause-other_copier = Another program brings the same mail to the new mailbox{ $about ->
        [none] .
       *[other] , { $about } messages so far.
     }
    .meaning = Both together could store mail twice, so we stopped before storing more. What has been moved stays moved.
    .todo = If the provider’s own mover or a mail program is at work, let it come to its end or stop it; then go on. What it brought is not moved again.
cause-layout_changed = This move was planned with other options for its folders.
    .meaning = Going on with new ones could store mail twice in two places, so we stopped; nothing was changed.
    .todo = Use the same options as last time, or say that you want a new plan.
cause-record_lost = There is no whole record of what this move has stored.
    .meaning = Without it, moved mail can’t be told from your own, so nothing was removed.
    .todo = Delete by hand what you do not want in the new mailbox.
cause-removal_unsupported = The new mailbox can’t remove single messages.
    .meaning = Any other way would also remove what you have marked for deletion yourself, so nothing was removed.
    .todo = Delete by hand what you do not want in the new mailbox.
cause-stopped = Stopped before the end.
    .meaning = What has been moved stays moved; nothing starts over.
    .todo = Start it again when you like; it goes on from here.

wait-throttled = { $wait ->
        [none] The { mailbox } asks us to slow down. Common; nothing is lost.
       *[other] The { mailbox } asks us to slow down; on again in { $wait }. Common; nothing is lost.
     }
    .meaning = {""}
    .todo = {""}
wait-offline = No network; goes on when it is back.
    .meaning = {""}
    .todo = {""}
wait-timeout = The { mailbox } does not answer; we try again{ $wait ->
        [none] .
       *[other] {" "}in { $wait }.
     }
    .meaning = Nothing is lost.
    .todo = {""}
wait-connection_refused = The { mailbox } can’t be reached at the moment; goes on when it is back.
    .meaning = Nothing is lost.
    .todo = {""}
wait-closed = The { mailbox } ended the connection; we sign in again{ $wait ->
        [none] .
       *[other] {" "}in { $wait }.
     }
    .meaning = Nothing is lost.
    .todo = {""}
wait-server_failed = { $folder ->
        [none] The { mailbox } met an error of its own over a folder
       *[other] The { mailbox } met an error of its own over “{ $folder }”
     }; { $wait ->
        [none] we try it again.
       *[other] we try it again in { $wait }.
     }
    .meaning = Nothing is lost.
    .todo = {""}
wait-sign_in_refused = { $wait ->
        [none] The { mailbox }’s password changed.
       *[other] The { mailbox } suddenly refuses the password; we try it once more.
     }
    .meaning = Nothing starts over.
    .todo = { $wait ->
        [none] Enter it again.
       *[other] Did you change it? Press “Try now”, and you will be asked for it.
     }
wait-sign_in_unavailable = The { mailbox } lets us in no further for a while{ $wait ->
        [none] .
       *[other] ; on again in { $wait }.
     }
    .meaning = Nothing is lost.
    .todo = {""}
wait-quota_full = { $done ->
        [none] The new mailbox is full.
       *[other] The new mailbox is full; stopped at { $done }.
     }
    .meaning = Nothing starts over.
    .todo = Make room, then Go on.
wait-disk_full = { $place ->
        [none] The disk is full.
       *[other] The disk is full: { $place }
     }
    .meaning = What is saved so far is whole.
    .todo = { $needed ->
        [none] Free some room and it goes on by itself.
       *[other] Free { $needed } and it goes on by itself.
     }

problem-message_refused = The new mailbox refused a message.
    .meaning = { unharmed }
    .todo = { $repairs ->
        [none] Run the move again. If it is refused again, save it as a file from the old mailbox.
       *[other] A small repair may help: { $repairs }. Allow it and run the move again; the original stays as it is in the old mailbox.
     }
problem-repaired = The new mailbox refused a message as it was and took it with a small repair{ $repairs ->
        [none] .
       *[other] : { $repairs }.
     }
    .meaning = The original is in the old mailbox, unchanged, and in the backup if one was made.
    .todo = There is nothing to do, unless something looks wrong when you open it.
repair-and = {", "}
repair-open_end = the end of its last line was added
repair-mbox_line = a line “From …” of a mail file is left out before it
repair-bare_lf = { $n ->
        [1] 1 line end completed (line { $line })
       *[other] { $n } line ends completed (first in line { $line })
     }
repair-nul = { $n ->
        [1] a blank instead of 1 zero octet (line { $line })
       *[other] blanks instead of { $n } zero octets (first in line { $line })
     }
repair-eight_bit_header = words with { $n } octets that a header may not hold are encoded (first in line { $line })
repair-long_line = { $n ->
        [1] 1 overlong line broken (line { $line })
       *[other] { $n } overlong lines broken (first is line { $line })
     }
problem-quota_full = The new mailbox is full.
    .meaning = What is not there yet is still in the old mailbox, unchanged.
    .todo = Make room or ask for a larger mailbox, then run the move again: it stores only what is missing.
problem-gone = A message that was moved earlier is no longer in the new mailbox.
    .meaning = You moved or deleted it there; it is not put back unasked.
    .todo = There is nothing to do, if that was you.
problem-maybe_twice = A message may be in the new mailbox twice.
    .meaning = Whether it had arrived could not be told, so it was stored rather than lost.
    .todo = Look at the two, and delete one if they are the same.
problem-deleted_at_source = A message that was moved earlier is no longer in the old mailbox.
    .meaning = It stays in the new mailbox and in the backup.
    .todo = There is nothing to do.
problem-already_elsewhere = { $detail ->
        [none] A message was in another folder of the new mailbox before the move, and is not moved again.
       *[other] A message was in another folder of the new mailbox before the move, and is not moved again: { $detail }
     }
    .meaning = It stays there, once.
    .todo = There is nothing to do, unless you want it in its old folder as well.
problem-changed_by_server = The new mailbox keeps a message in a slightly different form.
    .meaning = The server changed what it was given; the backup has the original.
    .todo = There is nothing to do, unless something looks wrong when you open it.
problem-renamed = { $detail ->
        [none] A folder has another name in the new mailbox.
       *[other] A folder has another name in the new mailbox: { $detail }
     }
    .meaning = Its mail is complete.
    .todo = There is nothing to do.
problem-virtual_folder = A folder that shows mail of other folders is not copied.
    .meaning = Mail that lies in another folder too is moved from there; mail that lies only here is not moved.
    .todo = Look into it: give mail that is only there a folder of its own, then run the move again.
problem-folder_unreadable = The old mailbox lists a folder whose name cannot be read.
    .meaning = Mail that lies in it is not moved and not in the backup.
    .todo = Look for the folder in webmail, give it a plain name, then run the move again.
problem-kept_changed = Changed since the move: this message stays.
    .meaning = You have read or marked it in the new mailbox; it is not taken back unasked.
    .todo = Delete it by hand if you do not want it.
problem-kept_in_doubt = Not known whether this move stored it: this message stays.
    .meaning = The move was interrupted while it was on its way.
    .todo = Run the move again, then take it back; or look for it by hand.
problem-kept_only_copy = Now only in the new mailbox: this message stays.
    .meaning = Neither the old mailbox nor the backup has it; removing it would lose it.
    .todo = There is nothing to do.
problem-kept_renumbered = Numbered anew by the new mailbox: all in this folder stays.
    .meaning = What was moved can’t be told from your own mail there.
    .todo = Run the move again, which recognises its messages, then take it back.
problem-missing = A message is missing in the new mailbox or the backup.
    .meaning = { unharmed }
    .todo = Run the move again: it stores only what is missing.
problem-different = A message differs from the original.
    .meaning = { unharmed }
    .todo = Open it in both places and compare; the backup has the original.
problem-flags_differ = A message is marked differently (read, answered, flagged).
    .meaning = Its content is the same.
    .todo = There is nothing to do, if you marked it in the new mailbox yourself.
problem-date_differs = A message bears another date of arrival.
    .meaning = Its content is the same; it may be sorted elsewhere in the list.
    .todo = There is nothing to do.
problem-archive_damaged = Something in the backup is damaged.
    .meaning = What is in the mailboxes is not touched by it.
    .todo = Keep this folder as it is, and make a new backup in another one.
problem-unknown = { $code }
    .meaning = {""}
    .todo = Run the move again. If it is listed again, send us this line.
