/*
 * Postfix's queue files: rec_type(3), record(3) and qmgr_message.c in its source.
 *
 * A record is a letter, its length in portions of 7 bits, the lowest first and the 8th
 * bit set in all but the last, and so many octets.
 */
#include "lib.h"
#include "array.h"
#include "str.h"
#include "queue_file.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum record {
    SIZE = 'C',      /* length and place of the message, as numbers in decimal */
    ORIGINAL = 'O',  /* of the next recipient */
    RECIPIENT = 'R',
    DONE = 'D',      /* a recipient who was served */
    CANCELLED = '/', /* one who was taken back */
    POINTER = 'p',   /* go on at that place, unless it is 0 */
    END = 'E',
};

/* More than Postfix writes into one (line_length_limit), and more than there can be. */
static const size_t longest = 65536;
static const unsigned int most = 1000000;

/* Read a record: return its letter, or -1 at the end and where there is none. */
static int read_record(FILE *file, string_t *data)
{
    int type = getc(file), portion;
    size_t length = 0;
    unsigned int shift = 0;

    do {
        portion = getc(file);
        if (portion == EOF || shift > 14)
            return -1;
        length |= (size_t)(portion & 0x7f) << shift;
        shift += 7;
    } while ((portion & 0x80) != 0);
    if (length > longest)
        return -1;

    str_truncate(data, 0);
    if (length > 0 && fread(buffer_append_space_unsafe(data, length), length, 1, file) != 1)
        return -1;
    return type;
}

static int read_records(FILE *file, pool_t pool, ARRAY_TYPE(queue_recipient) *found)
{
    string_t *data = t_str_new(256);
    const char *original = NULL;
    long long place = 0, length = 0, next;

    for (unsigned int count = 0; count < most; count++) {
        /* The message itself lies between the envelope and what was found in it. */
        if (place > 0 && ftello(file) == place && fseeko(file, length, SEEK_CUR) < 0)
            return -1;

        switch (read_record(file, data)) {
        case -1:
            return -1;
        case END:
            return 0;
        case SIZE:
            if (sscanf(str_c(data), "%lld %lld", &length, &place) != 2 || length < 0)
                return -1;
            break;
        case POINTER:
            next = atoll(str_c(data));
            if (next > 0 && fseeko(file, next, SEEK_SET) < 0)
                return -1;
            break;
        case ORIGINAL:
            original = p_strdup(pool, str_c(data));
            break;
        case RECIPIENT: {
            struct queue_recipient *each = array_append_space(found);

            each->address = p_strdup(pool, str_c(data));
            each->original = original != NULL ? original : each->address;
            original = NULL;
            break;
        }
        case DONE:
        case CANCELLED:
            original = NULL;
            break;
        }
    }
    return -1;
}

int queue_file_read(const char *path, pool_t pool, ARRAY_TYPE(queue_recipient) *found)
{
    FILE *file = fopen(path, "re");
    int status;

    if (file == NULL)
        return -1;
    errno = EINVAL;
    status = read_records(file, pool, found);
    fclose(file);
    return status;
}

const char *queue_id(const char *header)
{
    const char *at;
    size_t length = 0;

    if (!str_begins(header, "Received: ", &at))
        return NULL;
    /* What a client says of itself is in the lines before. */
    if (!str_begins_with(at, "by ") && (at = strstr(at, "\n\tby ")) == NULL)
        return NULL;
    if ((at = strchr(at, ')')) == NULL)
        return NULL;
    for (at++; !str_begins(at, "id ", &at); at++) {
        if (*at == '\0' || *at == ';')
            return NULL;
    }
    while (isalnum((unsigned char)at[length]))
        length++;
    return length > 0 ? t_strndup(at, length) : NULL;
}
