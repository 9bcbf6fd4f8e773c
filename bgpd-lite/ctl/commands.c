#include "bgpd-lite/ctl/commands.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bgpd-lite/ctl/people.h"
#include "bgpd-lite/ctl/since.h"
#include "lib/addr.h"

enum {
	WORDS_MAX = 32,
};

static bool take_nothing(struct ask *a, int argc, char **argv, struct text *why)
{
	if (argc == 0)
		return true;
	text_addf(why, "'%s' is too much here", argv[0]);
	return false;
}

/* The rest is one name: "192.0.2.1 vrf red" may be typed with or without quotes. */
static bool take_neighbor(struct ask *a, int argc, char **argv, struct text *why)
{
	struct text name = {0};

	for (int i = 0; i < argc; i++) {
		text_adds(&name, i ? " " : "");
		text_adds(&name, argv[i]);
	}
	if (argc > 0) {
		json_object_set_new(a->parameters, "neighbor", json_string(name.s));
		a->detail = true;
	}
	text_free(&name);
	return true;
}

static const char *const route_words[] = {"vrf", "neighbor", "longer", "shorter", "installed",
	"failed", "waiting", "withheld", "adopted", "flushed", "unused", "received", "accepted",
	"rejected", "advertised", NULL};
enum {
	WORD_VRF,
	WORD_NEIGHBOR,
	WORD_LONGER,
	WORD_SHORTER,
};

bool commands_set_once(struct ask *a, const char *key, const char *value, struct text *why)
{
	if (json_object_get(a->parameters, key)) {
		text_addf(why, "'%s': a second %s", value, key);
		return false;
	}
	json_object_set_new(a->parameters, key, json_string(value));
	return true;
}

static bool take_prefix(struct ask *a, const char *typed, struct text *why)
{
	struct prefix p;
	bool host_bits;

	if (prefix_parse(typed, &p, &host_bits))
		return commands_set_once(a, "prefix", typed, why);
	const char *near = people_nearest(typed, route_words);
	if (host_bits)
		text_addf(why, "'%s' has bits set behind its prefix length", typed);
	else if (near)
		text_addf(why, "'%s' is no prefix; did you mean '%s'?", typed, near);
	else
		text_addf(why,
			"'%s' is neither a prefix nor one of: vrf, neighbor, longer, "
			"shorter, installed, failed, waiting, withheld, adopted, flushed, unused, "
			"received, "
			"accepted, rejected, advertised",
			typed);
	return false;
}

static bool take_route_words(struct ask *a, int argc, char **argv, struct text *why)
{
	for (int i = 0; i < argc; i++) {
		const char *word = people_complete(argv[i], route_words);
		bool with_value =
			word == route_words[WORD_VRF] || word == route_words[WORD_NEIGHBOR];
		bool taken;
		if (word && with_value && i + 1 == argc) {
			text_addf(why, "%s needs a name", word);
			return false;
		}
		if (word && with_value)
			taken = commands_set_once(a, word, argv[++i], why);
		else if (word == route_words[WORD_LONGER] || word == route_words[WORD_SHORTER])
			taken = commands_set_once(a, "span", word, why);
		else if (word)
			taken = commands_set_once(a, "state", word, why);
		else
			taken = take_prefix(a, argv[i], why);
		if (!taken)
			return false;
	}
	return true;
}

/* "neighbor N vrf V": the VRF belongs to the neighbour's name too. */
static bool take_routes(struct ask *a, int argc, char **argv, struct text *why)
{
	if (!take_route_words(a, argc, argv, why))
		return false;
	const char *span = json_string_value(json_object_get(a->parameters, "span"));
	if (span && !json_object_get(a->parameters, "prefix")) {
		text_addf(why, "%s needs a prefix", span);
		return false;
	}
	const char *neighbor = json_string_value(json_object_get(a->parameters, "neighbor"));
	const char *vrf = json_string_value(json_object_get(a->parameters, "vrf"));
	if (neighbor && vrf && strcmp(vrf, "default") != 0 && !strchr(neighbor, ' '))
		json_object_set_new(
			a->parameters, "neighbor", json_sprintf("%s vrf %s", neighbor, vrf));
	return true;
}

/* The word is the last one: it is taken off. */
static bool ends_with(int *argc, char **argv, const char *word)
{
	if (*argc == 0 || strcmp(argv[*argc - 1], word) != 0)
		return false;
	--*argc;
	return true;
}

static bool take_one_neighbor(struct ask *a, int argc, char **argv, struct text *why)
{
	if (argc == 0) {
		text_addf(why, "%s needs the name of a neighbour", a->command->words[0]);
		return false;
	}
	return take_neighbor(a, argc, argv, why);
}

static bool take_clear(struct ask *a, int argc, char **argv, struct text *why)
{
	if (ends_with(&argc, argv, "soft"))
		json_object_set_new(a->parameters, "soft", json_string("yes"));
	return take_one_neighbor(a, argc, argv, why);
}

/* "A vrf V B": the VRF belongs to the name before it. They become a list with commas. */
static bool take_down(struct ask *a, int argc, char **argv, struct text *why)
{
	struct text names = {0};

	for (int i = 0; i < argc; i++) {
		bool vrf = i && i + 1 < argc && strcmp(argv[i], "vrf") == 0;
		text_adds(&names, !i ? "" : vrf ? " vrf " : ", ");
		text_adds(&names, argv[vrf ? ++i : i]);
	}
	if (argc == 0)
		text_adds(why, "what-if down needs names of neighbours");
	else
		json_object_set_new(a->parameters, "down", json_string(names.s));
	text_free(&names);
	return argc > 0;
}

static bool take_one_word(struct ask *a, const char *key, int argc, char **argv, struct text *why)
{
	if (argc == 0)
		return true;
	if (argc == 1)
		return commands_set_once(a, key, argv[0], why);
	text_addf(why, "'%s' is too much here", argv[1]);
	return false;
}

static bool take_filter(struct ask *a, int argc, char **argv, struct text *why)
{
	return take_one_word(a, "name", argc, argv, why);
}

static bool take_back(struct ask *a, int argc, char **argv, struct text *why)
{
	return take_one_word(a, "back", argc, argv, why);
}

static bool take_last(struct ask *a, int argc, char **argv, struct text *why)
{
	return take_one_word(a, "last", argc, argv, why);
}

static bool take_seconds(struct ask *a, int argc, char **argv, struct text *why)
{
	if (argc <= 1)
		return commands_seconds(a, argc ? argv[0] : NULL, why);
	text_addf(why, "'%s' is too much here", argv[1]);
	return false;
}

/* "since DATE TIME" are two words. */
static bool take_since(struct ask *a, int argc, char **argv, struct text *why)
{
	char typed[64];
	int64_t ms;

	snprintf(typed, sizeof(typed), "%s%s%s", argc > 0 ? argv[0] : "", argc > 1 ? " " : "",
		argc > 1 ? argv[1] : "");
	if (argc == 0 || argc > 2 || !since_parse(typed, a->now_s, &ms)) {
		text_addf(why,
			"since '%s': a duration as 10m or 1h30m, HH:MM, or "
			"YYYY-MM-DD[THH:MM[:SS]][Z] "
			"is wanted",
			typed);
		return false;
	}
	json_object_set_new(
		a->parameters, "since_ms", json_sprintf("%" JSON_INTEGER_FORMAT, (json_int_t)ms));
	return true;
}

static bool take_events(struct ask *a, int argc, char **argv, struct text *why)
{
	if (argc > 0 && strcmp(argv[0], "since") == 0)
		return take_since(a, argc - 1, argv + 1, why);
	return take_last(a, argc, argv, why);
}

static bool take_contributor(struct ask *a, int argc, char **argv, struct text *why)
{
	if (argc == 1)
		return commands_set_once(a, "name", argv[0], why);
	text_addf(why, "%s needs the name of a contributor", a->command->words[0]);
	return false;
}

static bool take_contribution(struct ask *a, int argc, char **argv, struct text *why)
{
	a->text_of = "text";
	return take_contributor(a, argc, argv, why);
}

static bool take_vrf(struct ask *a, int argc, char **argv, struct text *why)
{
	if (argc == 0)
		text_adds(why, "flush vrf needs the name of a VRF");
	return argc && take_one_word(a, "vrf", argc, argv, why);
}

static bool take_files(struct ask *a, int argc, char **argv, struct text *why)
{
	a->files = argv;
	a->files_n = (size_t)argc;
	return true;
}

static bool take_archive(struct ask *a, int argc, char **argv, struct text *why)
{
	if (argc == 1)
		return commands_set_once(a, "file", argv[0], why);
	text_adds(why, "report needs the name of one file");
	return false;
}

static bool take_explain(struct ask *a, int argc, char **argv, struct text *why)
{
	if (argc == 0) {
		text_addf(why, "explain needs a prefix or an address");
		return false;
	}
	if (argc > 1 && people_complete(argv[1], commands_packet_words))
		return commands_packet(a, argc, argv, why);
	if (!take_prefix(a, argv[0], why))
		return false;
	if (argc == 1)
		return true;
	if (argc == 3 && strcmp(argv[1], "vrf") == 0)
		return commands_set_once(a, "vrf", argv[2], why);
	text_addf(why, "'%s': after the prefix only `vrf NAME` may stand", argv[1]);
	return false;
}

const struct command commands[] = {
	{{"status"}, "[--check]", "the daemon on one screen; --check: one line, exit code 0, 1, 2",
		"io.bgpd-lite.Status", false, take_nothing, print_status},
	{{"show", "neighbors"}, "[NEIGHBOR]", "BGP sessions; all of one with its name",
		"io.bgpd-lite.ShowNeighbors", false, take_neighbor, print_neighbors},
	{{"show", "routes"},
		"[PREFIX [longer|shorter]] [vrf V] [neighbor N] "
		"[installed|failed|waiting|withheld|adopted|flushed|unused|accepted|rejected|"
		"advertised]",
		"routes with all their paths", "io.bgpd-lite.ShowRoutes", true, take_routes, NULL},
	{{"show", "bfd"}, "[NEIGHBOR]", "BFD sessions; all of one with its name",
		"io.bgpd-lite.ShowBfd", false, take_neighbor, print_bfd},
	{{"show", "nexthops"}, "",
		"gateways, next hops that are on no link or unresolved, and the groups that routes "
		"use",
		"io.bgpd-lite.ShowNexthops", false, take_nothing, print_nexthops},
	{{"show", "announcements"}, "", "what this host announces, for whom, who was told",
		"io.bgpd-lite.ShowAnnouncements", false, take_nothing, print_announcements},
	{{"show", "vrfs"}, "", "VRFs, their tables and interfaces", "io.bgpd-lite.ShowVrfs", false,
		take_nothing, print_vrfs},
	{{"show", "interfaces"}, "", "links as the daemon knows them",
		"io.bgpd-lite.ShowInterfaces", false, take_nothing, print_interfaces},
	{{"show", "contributors"}, "", "files of the configuration, and what is wrong in them",
		"io.bgpd-lite.ShowContributors", false, take_nothing, print_contributor_list},
	{{"show", "filters"}, "[NAME]", "prefix lists, and how many paths each rule decides",
		"io.bgpd-lite.ShowFilters", false, take_filter, print_filters},
	{{"show", "events"}, "[N | since T]",
		"the last changes of state (50); T: 10m, HH:MM, YYYY-MM-DDTHH:MM[:SS][Z]",
		"io.bgpd-lite.ShowEvents", false, take_events, print_events},
	{{"show", "memory"}, "", "what the daemon holds, by owner, and its processes",
		"io.bgpd-lite.ShowMemory", false, take_nothing, print_memory},
	{{"show", "config"}, "[--origin]",
		"the configuration in force; --origin: FILE:LINE of each",
		"io.bgpd-lite.ShowConfig", false, take_nothing, print_config},
	{{"show", "config", "diff"}, "[N]",
		"what differs between the configuration N changes ago (1) and this one",
		"io.bgpd-lite.ShowConfigDiff", false, take_back, print_config_diff},
	{{"show", "config", "history"}, "", "the configurations that were in force",
		"io.bgpd-lite.ShowHistory", false, take_nothing, print_history},
	{{"monitor"}, "[N]", "events as they happen, after the last N (0), until Ctrl-C",
		"io.bgpd-lite.Monitor", false, take_last, print_monitor},
	{{"top"}, "[SECONDS]", "the main numbers and their rates, again every SECONDS (2)",
		"io.bgpd-lite.Status", false, take_seconds, NULL},
	{{"doctor"}, "", "what of this host is in the way, with the command that mends it",
		"io.bgpd-lite.ShowVrfs", false, take_nothing, NULL},
	{{"report"}, "FILE.tar",
		"configuration without secrets, events, all lists, counts of the kernel, in one "
		"file",
		"io.bgpd-lite.Status", false, take_archive, NULL},
	{{"metrics"}, "", "Prometheus text, also for node_exporter's textfile collector",
		"io.bgpd-lite.Status", false, take_nothing, NULL},
	{{"explain"}, "PREFIX|ADDRESS [vrf V] | ADDRESS from SOURCE [iif I] [mark M]",
		"why a route is, or is not, in the kernel; the way of a packet",
		"io.bgpd-lite.Explain", false, take_explain, print_explain},
	{{"what-if", "down"}, "NEIGHBOR...",
		"what their loss would do: prefixes, sets of gateways, load", "io.bgpd-lite.WhatIf",
		false, take_down, print_what_if},
	{{"clear"}, "NEIGHBOR [soft]", "end its session; soft: judge and ask for its routes again",
		"io.bgpd-lite.ClearNeighbor", false, take_clear, print_done},
	{{"shutdown"}, "NEIGHBOR [--message TEXT]",
		"end its session until it is enabled, telling it why",
		"io.bgpd-lite.ShutdownNeighbor", false, take_one_neighbor, print_done},
	{{"enable"}, "NEIGHBOR", "undo shutdown", "io.bgpd-lite.EnableNeighbor", false,
		take_one_neighbor, print_done},
	{{"drain"}, "[--wait] [--message TEXT]",
		"make this host everybody's last choice, then close its sessions",
		"io.bgpd-lite.Drain", false, take_nothing, print_drain},
	{{"undrain"}, "", "undo drain", "io.bgpd-lite.Undrain", false, take_nothing, print_drain},
	{{"reload"}, "[--reset] [--confirm SECONDS]",
		"read the configuration again; --reset: end sessions that need it; --confirm: "
		"undone "
		"unless confirmed in time",
		"io.bgpd-lite.Reload", false, take_nothing, print_reload},
	{{"contribute"}, "NAME < FILE", "check a drop-in, and put it in force under that name",
		"io.bgpd-lite.Contribute", false, take_contribution, print_contribution},
	{{"contribute", "--remove"}, "NAME", "remove it again", "io.bgpd-lite.RemoveContribution",
		false, take_contributor, print_contribution},
	{{"contributor", "disable"}, "NAME", "switch a contributor off, whatever it writes",
		"io.bgpd-lite.DisableContributor", false, take_contributor, print_contribution},
	{{"contributor", "enable"}, "NAME", "undo that", "io.bgpd-lite.EnableContributor", false,
		take_contributor, print_contribution},
	{{"confirm"}, "", "what `reload --confirm` put in force stays", "io.bgpd-lite.Confirm",
		false, take_nothing, print_confirm},
	{{"rollback"}, "[N] [--reset]",
		"the configuration N changes ago (1), held until the next reload",
		"io.bgpd-lite.Rollback", false, take_back, print_reload},
	{{"plan"}, "[FILE...]",
		"what a reload would change; FILE: as if it were in the place of its namesake",
		"io.bgpd-lite.Plan", false, take_files, print_plan},
	{{"return-rules"}, "", "an nftables table that sends answers back through their VRF",
		"io.bgpd-lite.ReturnRules", false, take_nothing, print_return_rules},
	{{"flush"}, "", "withdraw all routes at once and stop the daemon", "io.bgpd-lite.Flush",
		false, take_nothing, print_flush},
	{{"flush", "vrf"}, "VRF [--yes]",
		"withdraw the routes of one VRF and hold them back; sessions stay; without --yes: "
		"how many",
		"io.bgpd-lite.FlushVrf", false, take_vrf, print_flush_vrf},
	{{"flush", "vrf", "--undo"}, "VRF", "undo that: its routes are written again",
		"io.bgpd-lite.RestoreVrf", false, take_vrf, print_restore_vrf},
	{.method = NULL},
};

/* The words that may stand at that place after `first` (NULL: at the beginning). */
static void possible_words(const char *first, const char *words[WORDS_MAX])
{
	size_t n = 0;

	for (const struct command *c = commands; c->method && n + 1 < WORDS_MAX; c++) {
		const char *word = first ? c->words[1] : c->words[0];
		if (first && strcmp(c->words[0], first) != 0)
			continue;
		if (word && (n == 0 || strcmp(words[n - 1], word) != 0))
			words[n++] = word;
	}
	words[n] = NULL;
}

static const char *one_word(const char *first, int argc, char **argv, int at, struct text *why)
{
	const char *words[WORDS_MAX];

	possible_words(first, words);
	if (argc <= at) {
		text_addf(why, "%s%sneeds one of:", first ? first : "", first ? " " : "it ");
		for (size_t i = 0; words[i]; i++)
			text_addf(why, "%s %s", i ? "," : "", words[i]);
		return NULL;
	}
	const char *word = people_complete(argv[at], words);
	if (word)
		return word;
	const char *near = people_nearest(argv[at], words);
	text_addf(why, "unknown command '%s%s%s'", first ? first : "", first ? " " : "", argv[at]);
	if (near)
		text_addf(why, "; did you mean '%s%s%s'?", first ? first : "", first ? " " : "",
			near);
	return NULL;
}

static bool is_command(const struct command *c, const char *first, const char *second)
{
	return strcmp(c->words[0], first) == 0 &&
	       (second ? c->words[1] && strcmp(c->words[1], second) == 0 : !c->words[1]);
}

/* Some first words are commands by themselves; a second one may still follow (`flush`, `flush
 * vrf`).
 */
static const char *optional_word(const char *first, int argc, char **argv)
{
	for (const struct command *c = commands; c->method && argc > 1; c++)
		if (is_command(c, first, argv[1]))
			return c->words[1];
	return NULL;
}

static bool stands_alone(const char *first)
{
	const struct command *c = commands;

	while (c->method && !is_command(c, first, NULL))
		c++;
	return c->method != NULL;
}

bool commands_parse(int argc, char **argv, struct ask *a, struct text *why)
{
	const char *second;
	const char *first = one_word(NULL, argc, argv, 0, why);
	if (!first)
		return false;
	second = stands_alone(first) ? optional_word(first, argc, argv)
				     : one_word(first, argc, argv, 1, why);
	if (!second && !stands_alone(first))
		return false;
	const struct command *c = commands;
	while (!is_command(c, first, second))
		c++;
	int used = second ? 2 : 1;
	for (const struct command *more = c + 1; more->method && argc > used; more++)
		if (is_command(more, first, second) && more->words[2] &&
			strcmp(more->words[2], argv[used]) == 0) {
			c = more;
			used++;
			break;
		}
	a->command = c;
	a->parameters = json_object();
	if (c->take(a, argc - used, argv + used, why))
		return true;
	json_decref(a->parameters);
	a->parameters = NULL;
	return false;
}

void commands_help(struct text *out)
{
	for (const struct command *c = commands; c->method; c++) {
		size_t start = out->len;
		text_addf(out, "  %s", c->words[0]);
		for (size_t i = 1; i < 3 && c->words[i]; i++)
			text_addf(out, " %s", c->words[i]);
		text_addf(out, "%s%s", c->arguments[0] ? " " : "", c->arguments);
		if (out->len - start > 28) {
			text_adds(out, "\n");
			start = out->len;
		}
		text_pad(out, 30 - (out->len - start));
		text_addf(out, "%s\n", c->help);
	}
}
