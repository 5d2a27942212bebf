/*
 * A plugin of Dovecot's mail processes: folder names are equal if their letters are, not
 * their octets. macOS may write "u" and two dots for what others write as "ü".
 *
 * A new folder gets its name in composed form (NFC). A name finds the folder that exists:
 * as it is written, composed, or decomposed.
 */
#include "lib.h"
#include "array.h"
#include "str.h"
#include "module-context.h"
#include "module-dir.h"
#include "mail-namespace.h"
#include "mail-storage-hooks.h"
#include "mail-storage-private.h"
#include "mailbox-list-private.h"

#include "normal_form.h"

#include <sys/stat.h>

/* Octets of a name: decomposed, one has up to three times as many. */
enum { LONGEST = 3 * MAILBOX_LIST_NAME_MAX_LENGTH };

struct nfc_list {
    union mailbox_list_module_context module_ctx;
};

static MODULE_CONTEXT_DEFINE_INIT(nfc_list_module, &mailbox_list_module_register);

/* What Dovecot does without this plugin. */
static struct mailbox_list_vfuncs *original(struct mailbox_list *list)
{
    struct nfc_list *ours = MODULE_CONTEXT_REQUIRE(list, nfc_list_module);

    return &ours->module_ctx.super;
}

static bool is_ascii(const char *text)
{
    while ((signed char) *text > 0)
        text++;
    return *text == '\0';
}

static const char *in_form(const char *text, bool composed)
{
    char *result = t_malloc_no0(LONGEST);

    return normal_form(text, composed, result, LONGEST) ? result : text;
}

static bool is_folder(struct mailbox_list *list, const char *vname)
{
    const char *path, *error, *name = original(list)->get_storage_name(list, vname);
    struct stat st;

    return mailbox_list_is_valid_name(list, name, &error)
        && mailbox_list_get_path(list, name, MAILBOX_LIST_PATH_TYPE_DIR, &path) > 0
        && stat(path, &st) == 0;
}

/* Add part in the form in which there is a folder, below what is in name already. */
static void add_part(struct mailbox_list *list, string_t *name, const char *part)
{
    const char *forms[] = { part, in_form(part, true), in_form(part, false) };
    size_t before = str_len(name);

    for (unsigned int n = 0; n < N_ELEMENTS(forms); n++) {
        str_append(name, forms[n]);
        if (is_folder(list, str_c(name)))
            return;
        str_truncate(name, before);
    }
    str_append(name, forms[1]);
}

static const char *get_storage_name(struct mailbox_list *list, const char *vname)
{
    const char sep[] = { mail_namespace_get_sep(list->ns), '\0' };
    const char *const *parts = t_strsplit(vname, sep);
    string_t *name = t_str_new(256);

    if (!is_ascii(vname)) {
        for (unsigned int n = 0; parts[n] != NULL; n++) {
            if (n > 0)
                str_append(name, sep);
            add_part(list, name, parts[n]);
        }
        vname = str_c(name);
    }
    return original(list)->get_storage_name(list, vname);
}

/* LIST and LSUB: a pattern matches names in either form. */
static struct mailbox_list_iterate_context *
iter_init(struct mailbox_list *list, const char *const *patterns,
          enum mailbox_list_iter_flags flags)
{
    ARRAY_TYPE(const_string) all;

    t_array_init(&all, 8);
    for (; *patterns != NULL; patterns++) {
        array_push_back(&all, patterns);
        if (!is_ascii(*patterns)) {
            const char *forms[] = { in_form(*patterns, true), in_form(*patterns, false) };

            array_append(&all, forms, N_ELEMENTS(forms));
        }
    }
    array_append_zero(&all);
    return original(list)->iter_init(list, array_front(&all), flags);
}

static void list_created(struct mailbox_list *list)
{
    struct nfc_list *ours = p_new(list->pool, struct nfc_list, 1);
    struct mailbox_list_vfuncs *functions = list->vlast;

    ours->module_ctx.super = *functions;
    list->vlast = &ours->module_ctx.super;
    functions->get_storage_name = get_storage_name;
    functions->iter_init = iter_init;
    MODULE_CONTEXT_SET(list, nfc_list_module, ours);
}

/* Subscriptions are looked up by the name that a folder is shown by. */
static void allocated(struct mailbox *box)
{
    if (!is_ascii(box->vname))
        box->vname = p_strdup(box->pool, mailbox_list_get_vname(box->list, box->name));
}

static const struct mail_storage_hooks hooks = {
    .mailbox_list_created = list_created,
    .mailbox_allocated = allocated,
};

void nfc_plugin_init(struct module *module);
void nfc_plugin_deinit(void);
extern const char *nfc_plugin_version;

const char *nfc_plugin_version = DOVECOT_ABI_VERSION;

void nfc_plugin_init(struct module *module)
{
    mail_storage_hooks_add(module, &hooks);
}

void nfc_plugin_deinit(void)
{
    mail_storage_hooks_remove(&hooks);
}
