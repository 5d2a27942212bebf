#ifndef DELIVERED_H
#define DELIVERED_H

/*
 * Who has a message already, should the process that delivers it end on the way: Postfix
 * hears the answers for all recipients together, and comes again for all of them.
 *
 * It lives as long as the container: after that, as ever with LMTP, some get it twice.
 */
struct delivered;

/* Look up what is known of the message ID of Postfix's queue, as root. */
struct delivered *delivered_open(const char *id);

/* Whether RECIPIENT has the message from an earlier attempt. */
bool delivered_before(struct delivered *delivered, const char *recipient);

/* Remember that RECIPIENT has it. */
void delivered_now(struct delivered *delivered, const char *recipient);

/* Forget all, for Postfix is about to be told. */
void delivered_close(struct delivered **delivered);

#endif
