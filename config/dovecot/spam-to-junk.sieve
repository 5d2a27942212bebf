# What becomes of a message, once it is known what its reader wishes: the script that
# includes this one has set
#   block    to yes, if the reader or the site blocks its sender
#   welcome  to yes, if the reader or the site welcomes its sender
#   stars    to as many stars as the reader's threshold has points, or to nothing
# All that is read here was written by our own filters: Postfix takes such headers off
# what strangers send. A user's own script runs after this one, unless mail goes to Junk.
require ["comparator-i;ascii-numeric", "fileinto", "include", "relational", "variables"];
global ["block", "welcome", "stars"];

if string :is "${block}" "yes" {
    fileinto "Junk";
    stop;
}

# Anybody can write a welcome name into From. It counts if SPF or DKIM has proven its
# domain (DMARC, RFC 9989), and if it is the only one. The last words can't be part of
# what a stranger has put into the header: no value there holds a space.
if allof (
    string :is "${welcome}" "yes",
    address :count "eq" :comparator "i;ascii-numeric" "From" "1",
    header :contains "Authentication-Results" " from=proven) header.from="
) {
    stop;
}

# The domain in From asks for this, if neither SPF nor DKIM proves it.
if header :contains "Authentication-Results" " dis=quarantine from=" {
    fileinto "Junk";
    stop;
}

# A star a point. The reader's threshold takes the place of the site's.
if not string :is "${stars}" "" {
    if header :contains "X-Spam-Level" "${stars}" {
        fileinto "Junk";
        stop;
    }
} elsif header :is "X-Spam-Flag" "YES" {
    fileinto "Junk";
    stop;
}
