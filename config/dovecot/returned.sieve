# A letter that a user's script had forwarded comes back, to the address that
# sieve-sendmail gave: never forwarded again, so that it can't be lost, nor go in circles.
require ["envelope", "fileinto", "subaddress"];

if allof (
    envelope :is "from" "",
    envelope :detail :is "to" "undelivered"
) {
    fileinto "INBOX";
    stop;
}
