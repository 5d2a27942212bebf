# A message that a user puts into Junk is spam.
require ["copy", "environment", "imapsieve", "variables", "vnd.dovecot.pipe"];

if environment :matches "imap.user" "*" {
    pipe :copy :try "learn" ["spam", "${1}"];
}
