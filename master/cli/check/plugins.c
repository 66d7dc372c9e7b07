#include "cli/check/plugins.h"

#include <pwd.h>
#include <unistd.h>

#include "plugin_ask.h"

static int
open_program(struct cli_plugins *plugins, struct err *err)
{
	if (plugins->opened)
		return 0;
	plugins->programs = (struct programs)PROGRAMS_INIT;
	if (programs_open(&plugins->programs, err) == -1)
		return -1;
	plugins->opened = true;
	return 0;
}

/* Root's plugins are loaded as the daemon's user, as the daemon would. */
static void
ask(struct cli_plugins *plugins, const struct config *config,
    struct plugin_entry *entry)
{
	const struct passwd *user = NULL;

	if (geteuid() == 0 && config != NULL && config->user[0] != '\0')
		user = getpwnam(config->user);
	plugin_ask(entry, plugins->programs.library_fd,
	    user != NULL ? user->pw_uid : (uid_t)-1,
	    user != NULL ? user->pw_gid : (gid_t)-1);
}

enum job_plugin
cli_plugins_find(struct cli_plugins *plugins, const struct config *config,
    const char *name, const struct plugin_info **info_r, struct err *err)
{
	const struct plugin_lookup lookup = {
	    .dir = config != NULL ? config->plugin_dir : config_plugin_dir(),
	    .privileged = geteuid() == 0,
	};
	struct plugin_entry *entry;
	enum job_plugin known =
	    plugin_book_find(&plugins->book, &lookup, name, &entry, err);

	if (known == JOB_PLUGIN_WAIT) {
		if (open_program(plugins, err) == -1)
			return JOB_PLUGIN_BAD;
		ask(plugins, config, entry);
		known = plugin_book_find(
		    &plugins->book, &lookup, name, &entry, err);
	}
	if (known == JOB_PLUGIN_WAIT) {
		err_set(err, "its file changes all the time");
		return JOB_PLUGIN_BAD;
	}
	if (known == JOB_PLUGIN_KNOWN)
		*info_r = &entry->info;
	return known;
}

void
cli_plugins_fini(struct cli_plugins *plugins)
{
	plugin_book_fini(&plugins->book);
	if (plugins->opened)
		programs_close(&plugins->programs);
}
