# A message that a user takes out of Junk is no spam, unless it is to be thrown away.
require ["copy", "environment", "imapsieve", "variables", "vnd.dovecot.pipe"];

if environment :is "imap.mailbox" ["Junk", "Trash", "Deleted Items", "Deleted Messages"] {
    stop;
}
if environment :matches "imap.mailbox" ["Junk/*", "Trash/*"] {
    stop;
}
if environment :matches "imap.user" "*" {
    pipe :copy :try "learn" ["ham", "${1}"];
}
