/*
 * A plugin of Dovecot's mail processes, for sessions and deliveries that create the same
 * folder at the same time: those of a new user, at the first login and the first message.
 *
 * A process that creates a folder locks the list of folders, then the index of the list.
 * A process that updates the index holds that lock already, opens new folders, and would
 * create a folder that another process has only begun to create: each waits for the
 * other, until one panics (mail-storage.c, mailbox-list-index-sync.c). With this plugin it
 * only opens the folder.
 *
 * A process that lists folders removes empty directories, such as that of a folder which
 * is just being created (mailbox-list-iter-private.h). With this plugin the creation is
 * repeated.
 */
#include "lib.h"
#include "module-context.h"
#include "module-dir.h"
#include "mail-storage-hooks.h"
#include "mail-storage-private.h"
#include "mailbox-list-index.h"

/* Each failure needs another process that lists the folders between two mkdir(2). */
enum { ATTEMPTS = 10 };

static MODULE_CONTEXT_DEFINE_INIT(new_folder_module, &mail_storage_module_register);

static int create(struct mailbox *box, const struct mailbox_update *update, bool directory)
{
    union mailbox_module_context *ours = MODULE_CONTEXT_REQUIRE(box, new_folder_module);
    int attempts = ATTEMPTS, result;

    do
        result = ours->super.create_box(box, update, directory);
    while (result < 0 && mailbox_get_last_mail_error(box) == MAIL_ERROR_NOTFOUND
           && --attempts > 0);
    return result;
}

static void allocated(struct mailbox *box)
{
    struct mailbox_list_index *index = INDEX_LIST_CONTEXT(box->list);
    union mailbox_module_context *ours = p_new(box->pool, union mailbox_module_context, 1);
    struct mailbox_vfuncs *functions = box->vlast;

    ours->super = *functions;
    box->vlast = &ours->super;
    functions->create_box = create;
    MODULE_CONTEXT_SET_SELF(box, new_folder_module, ours);

    /* As if this process were making it, so that it isn't made. */
    if (index != NULL && index->syncing)
        box->creating = TRUE;
}

static const struct mail_storage_hooks hooks = { .mailbox_allocated = allocated };

void new_folder_plugin_init(struct module *module);
void new_folder_plugin_deinit(void);
extern const char *new_folder_plugin_version;

const char *new_folder_plugin_version = DOVECOT_ABI_VERSION;

void new_folder_plugin_init(struct module *module)
{
    mail_storage_hooks_add(module, &hooks);
}

void new_folder_plugin_deinit(void)
{
    mail_storage_hooks_remove(&hooks);
}
