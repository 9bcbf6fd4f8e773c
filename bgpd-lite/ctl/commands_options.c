/* Options that go with some commands alone: each looks whether it fits. */
#include "bgpd-lite/ctl/commands.h"

#include <stdlib.h>
#include <string.h>

#include "bgpd-lite/ctl/watch.h"

bool commands_reset(struct ask *a, struct text *why)
{
	if (a->command->print != print_reload) {
		text_addf(why, "--reset goes with reload and rollback");
		return false;
	}
	json_object_set_new(a->parameters, "reset", json_string("yes"));
	return true;
}

bool commands_confirm(struct ask *a, const char *seconds, struct text *why)
{
	if (strcmp(a->command->words[0], "reload") != 0) {
		text_addf(why, "--confirm goes with reload");
		return false;
	}
	json_object_set_new(a->parameters, "confirm_s", json_string(seconds));
	return true;
}

bool commands_remove(struct ask *a, struct text *why)
{
	const struct command *c = commands;

	if (strcmp(a->command->method, "io.bgpd-lite.Contribute") != 0) {
		text_addf(why, "--remove goes with contribute");
		return false;
	}
	while (strcmp(c->method, "io.bgpd-lite.RemoveContribution") != 0)
		c++;
	a->command = c;
	a->text_of = NULL;
	return true;
}

bool commands_yes(struct ask *a, struct text *why)
{
	if (strcmp(a->command->method, "io.bgpd-lite.FlushVrf") != 0) {
		text_addf(why, "--yes goes with flush vrf");
		return false;
	}
	json_object_set_new(a->parameters, "yes", json_string("yes"));
	return true;
}

bool commands_undo(struct ask *a, struct text *why)
{
	const struct command *c = commands;

	if (strcmp(a->command->method, "io.bgpd-lite.FlushVrf") != 0) {
		text_addf(why, "--undo goes with flush vrf");
		return false;
	}
	while (strcmp(c->method, "io.bgpd-lite.RestoreVrf") != 0)
		c++;
	a->command = c;
	json_object_del(a->parameters, "yes"); /* nothing to be sure of */
	return true;
}

bool commands_message(struct ask *a, const char *message, struct text *why)
{
	if (strcmp(a->command->words[0], "shutdown") != 0 &&
		strcmp(a->command->words[0], "drain") != 0) {
		text_addf(why, "--message goes with shutdown and drain");
		return false;
	}
	if (json_object_set_new(a->parameters, "message", json_string(message)) == 0)
		return true;
	text_addf(why, "--message: not UTF-8");
	return false;
}

bool commands_origin(struct ask *a, struct text *why)
{
	if (a->command->print != print_config) {
		text_addf(why, "--origin goes with show config");
		return false;
	}
	a->detail = true;
	return true;
}

bool commands_check(struct ask *a, struct text *why)
{
	if (a->command->print != print_status) {
		text_addf(why, "--check goes with status");
		return false;
	}
	a->detail = true;
	return true;
}

bool commands_wait(struct ask *a, struct text *why)
{
	if (strcmp(a->command->words[0], "drain") != 0) {
		text_addf(why, "--wait goes with drain");
		return false;
	}
	a->detail = true;
	return true;
}

bool commands_seconds(struct ask *a, const char *typed, struct text *why)
{
	char *end = "";
	unsigned long seconds = typed ? strtoul(typed, &end, 10) : WATCH_SECONDS;

	if (*end || seconds == 0 || seconds > WATCH_SECONDS_MAX) {
		text_addf(why, "'%s': a number of seconds from 1 to %d is wanted", typed,
			WATCH_SECONDS_MAX);
		return false;
	}
	a->watch_s = (unsigned)seconds;
	return true;
}

bool commands_watch(struct ask *a, const char *typed, struct text *why)
{
	if (strcmp(a->command->words[0], "status") != 0 &&
		strcmp(a->command->words[0], "show") != 0) {
		text_addf(why, "--watch goes with status and show");
		return false;
	}
	if (commands_seconds(a, typed, why))
		return true;
	text_adds(why, " by --watch");
	return false;
}
