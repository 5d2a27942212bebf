#ifndef QUEUE_FILE_H
#define QUEUE_FILE_H

/* One recipient whom Postfix has not served yet. */
struct queue_recipient {
    const char *address;  /* where it leads, as in RCPT */
    const char *original; /* what the sender wrote in RCPT */
};
ARRAY_DEFINE_TYPE(queue_recipient, struct queue_recipient);

/*
 * Read the recipients of a message from its file in Postfix's queue into FOUND.
 *
 * Returns 0, or -1 if the file can't be read or is of another form; errno says why.
 */
int queue_file_read(const char *path, pool_t pool, ARRAY_TYPE(queue_recipient) *found);

/*
 * The queue id in a Received HEADER of Postfix's, its lines divided by LF, or NULL.
 *
 * Its forms: "Received: from ...\n\tby HOST (Postfix) with ESMTP id ID\n...", the same
 * without its beginning, and "Received: by HOST (Postfix)\n\tid ID; DATE".
 */
const char *queue_id(const char *header);

#endif
