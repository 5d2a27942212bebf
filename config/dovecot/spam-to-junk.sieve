# Mail that SpamAssassin marked goes to Junk. Only our own filter can have marked
# it: Postfix takes such headers off what strangers send.
require ["fileinto"];

if header :is "X-Spam-Flag" "YES" {
    fileinto "Junk";
    stop;
}
