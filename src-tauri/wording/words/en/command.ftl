# The command line: help, faults in the arguments, questions, progress.

help-usage = Usage:
help-about = Mailferry moves a mailbox: it copies the mail, proves the copy, and only reads the old mailbox.
help-after = SOURCE and TARGET: imaps://USER@HOST[:PORT], or imap://USER@HOST[:PORT] with [?security=starttls|none].
    USER is percent-encoded: anna%40example.com. SOURCE may also be file:DIR, a backup made by Mailferry.
    Passwords are never arguments: they come from a variable, the keychain, or are asked for.

    Exit code: 0 complete; 1 finished, something needs a look; 2 wrong arguments; 3 could not start;
    4 stopped before the end: the same command goes on from there.

    Help for one command: mailferry-cli move --help
help-check = Sign in to both, look and plan; changes nothing
help-check-after = Example:
      mailferry-cli check imaps://anna%40example.com@imap.old.example imaps://anna%40example.com@imap.new.example
help-move = Copy all that is not there yet; run it again to copy only what is new
help-move-after = Example:
      mailferry-cli move imaps://anna%40example.com@imap.old.example imaps://anna%40example.com@imap.new.example --backup anna

    Ctrl-C stops safely; the same command goes on from there. The old mailbox is only read.
    Afterwards, prove the copy: mailferry-cli verify SOURCE TARGET
help-backup = Save a mailbox in a directory and prove it by reading it back; run it again for only what is new
help-backup-after = Example:
      mailferry-cli backup imaps://anna%40example.com@imap.old.example anna

    To check it later: mailferry-cli verify anna
help-verify = Compare message by message: two mailboxes, a mailbox and its backup, or a backup with itself
help-verify-after = Examples:
      mailferry-cli verify imaps://anna%40example.com@imap.old.example imaps://anna%40example.com@imap.new.example
      mailferry-cli verify imaps://anna%40example.com@imap.old.example anna
      mailferry-cli verify anna
help-undo = Take a move back: remove from TARGET what move stored there and nobody changed since
help-undo-after = Example:
      mailferry-cli undo imaps://anna%40example.com@imap.old.example imaps://anna%40example.com@imap.new.example

    Removes only what the old mailbox or the backup still holds, and folders that the move made if they are empty.
    What is kept is named. In the JSON found = removed + kept + skipped + failed + gone. Ctrl-C stops safely; the same
    command goes on from there. A later move stores it all again.

heading-commands = Commands
heading-places = From and to
heading-general = General
heading-access = Sign-in and trust
heading-layout = Which mail, and where to
heading-pace = Pace
heading-move = Move
heading-undo = Undo
heading-verify = Verify

arg-home = Mailferry’s own directory: records of moves. Usually the system’s place for data
arg-lang = Language: en or zh-CN. Usually the system’s
arg-json = Print the result as one JSON object on stdout
arg-help = Show this help
arg-version = Show the version
arg-source = The old mailbox, or file:DIR
arg-target = The new mailbox
arg-directory = Where the backup lies or will lie
arg-first = The old mailbox, or a backup’s directory
arg-second = The new mailbox, or a backup’s directory; left out, the backup is proved by itself
arg-level = identical: every octet, marks, dates; present: whether each message is there. Usually identical
arg-backup = Also save each message in this directory; it is read from the old mailbox only once
arg-repair = Where the new mailbox refuses a message for its octets, try the smallest repair that it takes; each is listed, and the original stays as it is
arg-put_back = Store again what was moved before and has since gone from the new mailbox
arg-yes = Remove without asking
arg-even_if_elsewhere = Move also what was in another folder of the new mailbox before the move
arg-go_on_anyway = Go on although another program brings the same mail to the new mailbox
arg-source_password_env = Variable that holds the old mailbox’s password; else the keychain, else asked for
arg-target_password_env = Variable that holds the new mailbox’s password; else the keychain, else asked for
arg-source_auth = How to sign in to the old mailbox. Usually the best it offers
arg-target_auth = How to sign in to the new mailbox. Usually the best it offers
arg-source_admin = Sign in to the old mailbox as this administrator, for its user
arg-target_admin = Sign in to the new mailbox as this administrator, for its user
arg-source_trust = Trust exactly this certificate of the old server (SHA-256 fingerprint)
arg-target_trust = Trust exactly this certificate of the new server (SHA-256 fingerprint)
arg-ca = Trust certificates of this authority too (PEM file)
arg-into = Put everything below this folder; @ names it after the old mailbox
arg-folders = Only folders whose path matches; * stands for anything. May be repeated
arg-skip_folders = Leave out folders whose path matches. May be repeated
arg-since = Only mail that arrived on this day or later: 2020-01-31 (UTC)
arg-before = Only mail that arrived before this day: 2020-01-31 (UTC)
arg-max_size = Leave out messages larger than this
arg-map = Give a folder another name: Work/Old=Archive. May be repeated
arg-replan = Plan anew: needed when these options differ from the last run’s
arg-connections = Connections to each side at most. Usually as many as pay
arg-limit_rate = Octets a second at most
arg-limit_messages = Messages a second at most
arg-patience = How long to wait for a server that stays away, or a full disk. Usually 10; 0 does not wait

usage-no-command = Say what to do: check, move, backup, verify or undo.
usage-unknown-command = There is no command “{ $command }”. There are check, move, backup, verify and undo.
usage-too-many = “{ $argument }” is one word too many. A path or name with spaces stands in quotes.
usage-unknown = There is no option { $argument } here.
usage-missing = Something is missing: { $argument }
usage-no-value = { $argument } wants a value.
usage-not-allowed = { $argument } can’t be “{ $value }”. It can be: { $allowed }
usage-bad-fingerprint = { $argument } wants a SHA-256 fingerprint: 64 digits 0–9 and a–f, with or without colons.
usage-bad-date = { $argument } wants a date such as 2020-01-31, not “{ $value }”.
usage-bad-map = { $argument } wants OLD=NEW, two folder names, not “{ $value }”.
usage-bad-positive = { $argument } wants a number above 0, not “{ $value }”.
usage-bad-minutes = { $argument } wants minutes, 0 or more, not “{ $value }”.
usage-bad-number = “{ $value }” is no number that { $argument } can have.
usage-twice = { $argument } stands here twice.
usage-encoding = An argument is not valid text (UTF-8).
usage-other = These arguments can’t be understood.
usage-see = For help: { $command }

url-no_scheme = { $which } should look like imaps://USER@HOST
url-scheme = { $which } begins with “{ $part }”. It can begin with imaps:// or imap://
url-password = { $which } holds a password. Every program on this computer could read it there: take it out, and give it by { $option } or type it when asked. If it is a user name with a colon, write %3A.
url-no_user = { $which } lacks the user name: imaps://USER@HOST. For anna@example.com write anna%40example.com@HOST.
url-user = The user name in { $which } is not well encoded. A % is followed by two digits 0–9 or a–f: for @ write %40, for % write %25.
url-no_host = { $which } lacks the server’s name: imaps://USER@HOST
url-host = The server’s name in { $which } holds something no name has: { $part }
url-port = The port in { $which } is no number from 1 to 65535: { $part }
url-path = { $which } goes on after the server’s name. Folders are chosen by --folder.
url-parameter = { $which } has an unknown part “{ $part }”. After ? only security=starttls or security=none may stand, with imap://
url-security = security can’t be “{ $part }” in { $which }. imaps:// is safe from the start; imap:// takes starttls or none.
wrong-pop3 = { $which }: POP3 is not supported by this version. Use imaps:// if the provider has it.
wrong-target = TARGET must be a mailbox. To save mail on this computer: mailferry-cli backup SOURCE DIR
wrong-backup-source = This is a backup already. To check it: mailferry-cli verify DIR
wrong-no_directory = There is no directory { $path }
wrong-no_archive = { $path } is not a directory. file: takes the directory of a backup made by Mailferry; mbox files and other forms are not supported by this version.
wrong-alone = A mailbox alone can’t be verified. Say what to compare it with: a second mailbox, or a backup’s directory.
wrong-undo-yes = undo removes mail from TARGET. Nobody can be asked here: say --yes if that is what you want.
wrong-variable = The variable { $variable }, named by { $option }, is not set.
wrong-ca = The file named by --ca can’t be read: { $path }
wrong-home = The system tells no place for data. Name one: --home DIR

ask-password = { $provider ->
    [none] Password of the { mailbox } ({ $user }, { $host }):
   *[other] { $password } of the { mailbox } ({ $user }, { $provider }):
 }
ask-undo = { $n ->
    [one] Remove this message from the new mailbox? [y/N]
   *[other] Remove these { $n } messages from the new mailbox? [y/N]
 }
phase-connecting = Signing in
phase-survey = Looking at both mailboxes
phase-backup = Backing up to this computer
phase-prove = Reading the backup back
phase-move = Moving
phase-verify = Comparing message by message
phase-undo = Taking the move back
progress-count = { $done } of { $total }
progress-left = about { $time } left
progress-paused = paused
stopping = Stopping. A moment, please, so that nothing is in doubt; Ctrl-C once more ends at once.
details = Details: { $words }
steps = How to get it ({ $provider }):
hint-undo-no = Nothing was removed.
hint-verify = To prove the copy message by message: mailferry-cli verify SOURCE TARGET
hint-repair = To let such messages be stored with the smallest repair that the new mailbox takes, run the same command with --repair
hint-gone = To store again what is gone there: --put-back
hint-again = The same command goes on from there.
hint-stopped = What is done stays done: the same command goes on from there.
hint-no_credentials = Run it on a terminal to be asked, or name a variable that holds the password: { $option }
hint-variable = The password came from the variable { $variable }.
hint-certificate_untrusted = For an own authority: --ca FILE. For exactly this certificate, once the fingerprint is compared: { $option }
hint-certificate_changed = To trust exactly this certificate, once the fingerprint is compared: { $option }
hint-layout_changed = A new plan: --replan
hint-other_copier = To go on all the same: --go-on-anyway
hint-elsewhere = To move what is in other folders there as well: --even-if-elsewhere
hint-starttls_missing = Only on this computer or a network that is yours alone: imap://...?security=none sends the password unprotected.
hint-disk_failed = Another place for records: --home DIR
