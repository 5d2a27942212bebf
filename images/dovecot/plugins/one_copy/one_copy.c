/*
 * A plugin of Dovecot's lmtp: in one transaction, a mailbox gets one copy of a message,
 * which names each of the sender's addresses that lead to this mailbox.
 *
 * Postfix resolves addresses to mailboxes, and names a mailbox in one RCPT for each of its
 * addresses (RFC 2033 gives each RCPT a reply of its own). Dovecot would store a copy for
 * each. The addresses that the sender wrote are read from Postfix's queue file: LMTP could
 * pass them as ORCPT (RFC 3461), but only together with the duty to send success notices,
 * which Dovecot does not send.
 *
 * Addresses with different +extensions get a copy each: the user may sort by them.
 */
#include "lmtp-common.h"
#include "str.h"
#include "istream.h"
#include "istream-concat.h"
#include "lda-settings.h"
#include "mail-storage.h"
#include "mail-user.h"
#include "module-context.h"
#include "raw-storage.h"
#include "smtp-address.h"
#include "smtp-server.h"
#include "lmtp-recipient.h"
#include "delivered.h"
#include "queue_file.h"

#include <errno.h>

/* Postfix's queue holds the messages under delivery here: qmgr(8). */
#define ACTIVE "/queue/active/"

/* What the sender wrote, and the recipient that it leads to, as in lmtp_recipient. */
struct original {
    const char *username, *detail;
    const char *written;
};

struct one_copy_client {
    union lmtp_module_context module_ctx;
    struct istream *message;
    ARRAY(struct original) originals;
    struct delivered *delivered;
};

static MODULE_CONTEXT_DEFINE_INIT(one_copy_module, &lmtp_module_register);
#define ONE_COPY(client) MODULE_CONTEXT_REQUIRE(client, one_copy_module)

const char *one_copy_plugin_version = DOVECOT_ABI_VERSION;
const char one_copy_plugin_binary_dependency[] = "lmtp";
void one_copy_plugin_init(void);
void one_copy_plugin_deinit(void);

/* --- Which recipients are one ------------------------------------------------------ */

static bool is_recipient(const struct lmtp_recipient *one, const char *username,
                         const char *detail)
{
    return strcasecmp(one->username, username) == 0 &&
        strcasecmp(one->detail, detail) == 0;
}

/* The first recipient of the transaction that is the same as this one, or this one. */
static struct lmtp_recipient *
first_of(struct smtp_server_transaction *trans, struct lmtp_recipient *one)
{
    struct smtp_server_recipient *each;

    array_foreach_elem(&trans->rcpt_to, each) {
        if (is_recipient(each->context, one->username, one->detail))
            return each->context;
    }
    return one;
}

/* --- What they were called --------------------------------------------------------- */

/* Take apart an address of the queue file, which has the local part without quotes. */
static void parse(struct smtp_address *parts, const char *address)
{
    const char *at = strrchr(address, '@');

    /* Postmaster needs no domain: RFC 5321, 4.5.1. */
    if (at == NULL)
        smtp_address_init(parts, address, NULL);
    else
        smtp_address_init(parts, t_strdup_until(address, at), at + 1);
}

static bool is_printable(const char *address)
{
    for (; *address != '\0'; address++) {
        if ((unsigned char)*address < ' ' || *address == '\x7f')
            return FALSE;
    }
    return TRUE;
}

/* Remember what the queue file says of one recipient. */
static void add_original(struct client *client, struct one_copy_client *ctx,
                         const struct queue_recipient *recipient)
{
    struct smtp_address address, wanted;
    struct original *original;
    const char *username, *detail;
    char delimiter;

    if (!is_printable(recipient->original))
        return;
    parse(&address, recipient->address);
    parse(&wanted, recipient->original);
    smtp_address_detail_parse_temp(client->lda_set->recipient_delimiter, &address,
                                   &username, &delimiter, &detail);
    original = array_append_space(&ctx->originals);
    original->username = p_strdup(client->state_pool, username);
    original->detail = p_strdup(client->state_pool, detail);
    original->written = p_strdup(client->state_pool, smtp_address_encode(&wanted));
}

/* Add a header for each address that leads to RECIPIENT and is not its own. */
static void add_originals(string_t *headers, struct one_copy_client *ctx,
                          struct lmtp_recipient *recipient)
{
    const struct original *each;
    ARRAY_TYPE(const_string) said;

    t_array_init(&said, 8);
    const char *own = smtp_address_encode(recipient->rcpt->path);
    array_push_back(&said, &own);

    array_foreach(&ctx->originals, each) {
        if (!is_recipient(recipient, each->username, each->detail) ||
            array_lsearch(&said, &each->written, i_strcasecmp_p) != NULL)
            continue;
        array_push_back(&said, &each->written);
        str_printfa(headers, "X-Original-To: %s\r\n", each->written);
    }
}

/* The headers of RECIPIENT's copy alone. Of a single recipient Dovecot writes the last. */
static const char *own_headers(struct one_copy_client *ctx,
                               struct smtp_server_transaction *trans,
                               struct lmtp_recipient *recipient)
{
    string_t *headers = t_str_new(256);

    add_originals(headers, ctx, recipient);
    if (array_count(&trans->rcpt_to) > 1) {
        str_printfa(headers, "Delivered-To: %s\r\n",
                    smtp_address_encode(recipient->rcpt->path));
    }
    return str_c(headers);
}

/* --- The copy ---------------------------------------------------------------------- */

/* The message with HEADERS after the first one of Dovecot's, Return-Path. */
static struct istream *
with_headers(struct client *client, struct istream *message, const char *headers)
{
    const char *added = client->state.added_headers_local;
    const char *end = strchr(added, '\n');
    const char *text = end == NULL ? t_strconcat(headers, added, NULL) :
        t_strconcat(t_strdup_until(added, end + 1), headers, end + 1, NULL);
    struct istream *parts[3] = {
        i_stream_create_copy_from_data(text, strlen(text)),
        message,
        NULL,
    };
    struct istream *whole;

    i_stream_seek(message, 0);
    whole = i_stream_create_concat(parts);
    i_stream_set_name(whole, "<lmtp DATA, one copy>");
    i_stream_unref(&parts[0]);
    return whole;
}

/* Open what comes from MESSAGE as a mail, as Dovecot does it (lmtp-local.c). */
static int open_mail(struct client *client, struct smtp_server_transaction *trans,
                     struct istream *message, struct mail **mail_r)
{
    static const char *wanted[] = {
        "From", "To", "Message-ID", "Subject", "Return-Path", NULL
    };
    struct mailbox_transaction_context *opened;
    struct mailbox_header_lookup_ctx *headers;
    struct mailbox *box;

    if (raw_mailbox_alloc_stream(client->raw_mail_user, message, (time_t)-1,
                                 smtp_address_encode(trans->mail_from), &box) < 0) {
        e_error(client->event, "Can't open a copy for a mailbox: %s",
                mailbox_get_last_internal_error(box, NULL));
        mailbox_free(&box);
        return -1;
    }
    opened = mailbox_transaction_begin(box, 0, __func__);
    headers = mailbox_header_lookup_init(box, wanted);
    *mail_r = mail_alloc(opened, 0, headers);
    mailbox_header_lookup_unref(&headers);
    mail_set_seq(*mail_r, 1);
    return 0;
}

static void close_mail(struct mail **mail)
{
    struct mailbox_transaction_context *opened = (*mail)->transaction;
    struct mailbox *box = (*mail)->box;

    mail_free(mail);
    mailbox_transaction_rollback(&opened);
    mailbox_free(&box);
}

static int deliver_copy(struct client *client, struct lmtp_recipient *recipient,
                        struct smtp_server_cmd_ctx *cmd,
                        struct smtp_server_transaction *trans,
                        struct lmtp_local_deliver_context *context, const char *headers)
{
    struct one_copy_client *ctx = ONE_COPY(client);
    struct istream *message = with_headers(client, ctx->message, headers);
    struct mail *mail;
    int status = open_mail(client, trans, message, &mail);

    i_stream_unref(&message);
    if (status < 0) {
        smtp_server_recipient_reply(recipient->rcpt, 451, "4.3.0",
                                    "Temporary internal error");
        return -1;
    }
    context->src_mail = mail;
    status = ctx->module_ctx.super.local_deliver(client, recipient, cmd, trans, context);
    close_mail(&mail);
    return status;
}

/* --- Where Dovecot calls us -------------------------------------------------------- */

static int one_copy_deliver(struct client *client, struct lmtp_recipient *recipient,
                            struct smtp_server_cmd_ctx *cmd,
                            struct smtp_server_transaction *trans,
                            struct lmtp_local_deliver_context *context)
{
    struct one_copy_client *ctx = ONE_COPY(client);
    struct lmtp_recipient *first = first_of(trans, recipient);
    const char *path = smtp_address_encode(recipient->rcpt->path), *headers;
    int status;

    if (first != recipient) {
        smtp_server_reply_submit_duplicate(cmd, recipient->rcpt->index,
                                           first->rcpt->index);
        return 0;
    }
    if (delivered_before(ctx->delivered, path)) {
        smtp_server_recipient_reply(recipient->rcpt, 250, "2.0.0", "%s Saved before",
                                    context->session_id);
        return 0;
    }
    headers = own_headers(ctx, trans, recipient);
    if (*headers == '\0')
        status = ctx->module_ctx.super.local_deliver(client, recipient, cmd, trans, context);
    else
        status = deliver_copy(client, recipient, cmd, trans, context, headers);
    if (status == 0)
        delivered_now(ctx->delivered, path);
    return status;
}

/* The first Received header, which Postfix wrote: only our own filters write above it. */
static const char *first_received(struct istream *message)
{
    string_t *header = t_str_new(512);
    const char *line;

    i_stream_seek(message, 0);
    while ((line = i_stream_read_next_line(message)) != NULL && *line != '\0') {
        if (str_len(header) > 0 && *line != '\t' && *line != ' ')
            break;
        if (str_len(header) > 0)
            str_append_c(header, '\n');
        if (str_len(header) > 0 || str_begins_icase_with(line, "Received:"))
            str_append(header, line);
    }
    i_stream_seek(message, 0);
    return str_c(header);
}

/* Find out what the sender wrote; without it mail goes on. */
static void read_queue_file(struct client *client, struct one_copy_client *ctx,
                            const char *id)
{
    const char *path = t_strconcat(ACTIVE, id, NULL);
    ARRAY_TYPE(queue_recipient) found;
    const struct queue_recipient *each;

    t_array_init(&found, 8);
    if (queue_file_read(path, pool_datastack_create(), &found) < 0) {
        e_error(client->event, "Can't read %s (%m): the message is delivered, "
                "but doesn't say which alias it came for", path);
    }
    array_foreach(&found, each)
        add_original(client, ctx, each);
}

/* Here we are root, and not yet who owns a mailbox. */
static int one_copy_data(struct client *client, struct smtp_server_cmd_ctx *cmd,
                         struct smtp_server_transaction *trans,
                         struct istream *message, uoff_t size)
{
    struct one_copy_client *ctx = ONE_COPY(client);
    const char *id = queue_id(first_received(message));
    int status;

    ctx->message = message;
    p_array_init(&ctx->originals, client->state_pool, 8);
    if (id != NULL) {
        read_queue_file(client, ctx, id);
        if (array_count(&trans->rcpt_to) > 1)
            ctx->delivered = delivered_open(id);
    }
    status = ctx->module_ctx.super.cmd_data(client, cmd, trans, message, size);
    delivered_close(&ctx->delivered);
    ctx->message = NULL;
    return status;
}

static lmtp_client_created_func_t *next_created;

static void one_copy_created(struct client **client)
{
    struct one_copy_client *ctx = p_new((*client)->pool, struct one_copy_client, 1);

    ctx->module_ctx.super = (*client)->v;
    (*client)->v.cmd_data = one_copy_data;
    (*client)->v.local_deliver = one_copy_deliver;
    MODULE_CONTEXT_SET(*client, one_copy_module, ctx);
    if (next_created != NULL)
        next_created(client);
}

void one_copy_plugin_init(void)
{
    next_created = lmtp_client_created_hook_set(one_copy_created);
}

void one_copy_plugin_deinit(void)
{
    lmtp_client_created_hook_set(next_created);
}
