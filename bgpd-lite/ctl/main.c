/*
 * bgpd-litectl: asks a running daemon over its control socket. Nothing of the daemon is linked in.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bgpd-lite/ctl/commands.h"
#include "bgpd-lite/ctl/exchange.h"
#include "bgpd-lite/ctl/get.h"
#include "bgpd-lite/ctl/messages.h"
#include "bgpd-lite/ctl/own.h"
#include "bgpd-lite/ctl/print_routes.h"
#include "bgpd-lite/ctl/processes.h"
#include "bgpd-lite/ctl/texts.h"
#include "bgpd-lite/ctl/top.h"
#include "bgpd-lite/ctl/watch.h"

enum {
	EXIT_USAGE = 64,
	EXIT_CHANGES = 2, /* of plan; of what-if: something would be lost */
	EXIT_ENDS = 4,
};

#define RUN_DIR   "/run/bgpd-lite"
#define STATE_DIR "/var/lib/bgpd-lite"

/* What the replies of one call become. */
struct answer {
	const struct ask *ask;
	const char *path; /* the socket */
	bool json;
	json_t *joined; /* parameters of all replies: arrays one behind the other */
	json_t *error;  /* the reply that is an error, NULL for none */
	struct route_table routes;
	size_t streamed; /* items printed as JSON */
};

static void print(const struct text *t)
{
	if (t->len)
		fwrite(t->s, 1, t->len, stdout);
}

static int usage_error(const char *why)
{
	fprintf(stderr, "bgpd-litectl: %s\nSee bgpd-litectl --help\n", why);
	return EXIT_USAGE;
}

static int help(void)
{
	struct text t = {0};

	text_adds(&t,
		"bgpd-litectl [--run-dir DIR] [--json] COMMAND\n"
		"Asks the bgpd-lite that runs with that run directory (default " RUN_DIR ").\n\n"
		"Commands (a word may be cut where it stays clear):\n");
	commands_help(&t);
	text_adds(&t,
		"\nOptions:\n"
		"  --run-dir DIR               where the daemon's socket `control` is\n"
		"  --state-dir DIR             where the daemon leaves how it ended "
		"(default " STATE_DIR ")\n"
		"  --json                      one JSON document instead of tables\n"
		"  --watch [SECONDS]           status and show: again every SECONDS (2), until "
		"Ctrl-C\n"
		"  --help, --version\n\n"
		"Exit codes: 0 ok, 1 refused or a reload with errors, 3 no daemon, 64 usage;\n"
		"status --check: 0 ok, 1 warning, 2 critical; plan: 0 nothing would change, 1 a "
		"file is in error,\n2 something would change, 4 an Established session would "
		"end;\nwhat-if: 0 no prefix would be lost, 2 some would\n");
	print(&t);
	text_free(&t);
	return 0;
}

/* ---- replies ---- */

static void stream_json(struct answer *a, struct scan *routes)
{
	struct span route;

	while (scan_item(routes, &route)) {
		fputs(a->streamed++ ? ",\n" : "{\"routes\":[\n", stdout);
		fwrite(route.s, 1, route.len, stdout);
	}
}

static void print_lines(struct answer *a, struct text *lines)
{
	print(lines);
	if (lines->err)
		a->routes.table.err = true;
	text_free(lines);
}

static void stream_table(struct answer *a, struct scan *routes)
{
	struct text lines = {0};

	routes_add(&a->routes, routes, &lines);
	print_lines(a, &lines);
}

/* A piece of a walk. */
static void take_routes(void *arg, struct scan *routes)
{
	struct answer *a = arg;

	if (a->json)
		stream_json(a, routes);
	else
		stream_table(a, routes);
}

/* Each reply is printed as it comes. */
static bool is_live(const struct ask *ask)
{
	return ask->command->print == print_monitor;
}

/* An item a line, each written at once. */
static void put_live(const struct answer *a, const json_t *parameters)
{
	struct text t = {0};
	const char *key;
	json_t *list, *item;
	size_t i;

	if (!a->json)
		a->ask->command->print(parameters, a->ask, &t);
	else
		json_object_foreach((json_t *)parameters, key, list)
			json_array_foreach(list, i, item)
		{
			char *line = json_dumps(item, JSON_COMPACT);
			text_adds(&t, line ? line : "");
			text_adds(&t, "\n");
			free(line);
		}
	print(&t);
	fflush(stdout);
	text_free(&t);
}

static void take_reply(void *arg, const json_t *reply)
{
	struct answer *a = arg;

	if (json_object_get(reply, "error"))
		a->error = json_deep_copy(reply);
	else if (is_live(a->ask))
		put_live(a, json_object_get(reply, "parameters"));
	else
		own_join(a->joined, json_object_get(reply, "parameters"));
}

/* ---- results ---- */

/* Messages with file and line; with --json the whole error. */
static void show_refusal(const struct answer *a, const json_t *parameters)
{
	struct text t = {0};

	put_messages(parameters, &t);
	if (a->json) {
		json_dumpf(a->error, stdout, JSON_INDENT(2));
		fputs("\n", stdout);
	} else if (t.len) {
		fwrite(t.s, 1, t.len, stderr);
	}
	text_free(&t);
}

static void put_not_found(struct text *t, const json_t *p)
{
	const json_t *known = json_object_get(p, "known");

	text_addf(t, "there is no %s '%s'", get_text(p, "what"), get_text(p, "name"));
	if (!json_array_size(known))
		return;
	text_adds(t, "; there are: ");
	put_list(t, known);
}

static int show_error(const struct answer *a)
{
	const char *error = get_text(a->error, "error");
	const json_t *p = json_object_get(a->error, "parameters");
	const char *last = strrchr(error, '.') ? strrchr(error, '.') + 1 : error;
	struct text t = {0};

	show_refusal(a, p);
	if (strcmp(last, "NotFound") == 0)
		put_not_found(&t, p);
	else if (strcmp(last, "YesNeeded") == 0)
		text_addf(&t,
			"nothing is done yet: this withdraws %" JSON_INTEGER_FORMAT
			" routes of VRF %s from the kernel and holds them back; say it with --yes",
			get_number(p, "installed"), get_text(p, "vrf"));
	else if (strcmp(last, "InvalidParameter") == 0)
		text_addf(&t, "%s: %s", get_text(p, "parameter"), get_text(p, "reason"));
	else if (strcmp(last, "PermissionDenied") == 0)
		text_adds(&t, "only root and the daemon's own user may do that");
	else if (strcmp(last, "Busy") == 0)
		text_adds(&t, "the daemon has too many clients; try again");
	else if (strcmp(last, "NotEstablished") == 0)
		text_adds(&t, "its session is not Established");
	else if (strcmp(last, "ContributionRefused") == 0)
		text_adds(&t, "refused: nothing was changed");
	else if (strcmp(last, "ContributionMasked") == 0)
		text_addf(&t, "refused: %s is in its place", get_text(p, "file"));
	else if (strcmp(last, "ConfigurationHeld") == 0)
		text_adds(&t,
			"a configuration is held, or waits for confirm; reload or confirm first");
	else if (strcmp(last, "NotWritten") == 0)
		text_addf(&t, "it cannot be written: %s", get_text(p, "reason"));
	else if (strcmp(last, "NothingToConfirm") == 0)
		text_adds(&t, "nothing waits to be confirmed");
	else if (strcmp(last, "ReloadRefused") == 0)
		text_adds(&t, "the daemon did not read its configuration; see its log");
	else
		text_addf(&t, "the daemon answers %s", error);
	struct text plain = {0};
	text_plain(&plain, t.s ? t.s : "");
	fprintf(stderr, "bgpd-litectl: %s\n", plain.s ? plain.s : "");
	text_free(&t);
	text_free(&plain);
	return strcmp(last, "InvalidParameter") == 0 ? EXIT_USAGE : 1;
}

static void show(struct answer *a)
{
	struct text t = {0};

	if (a->ask->command->stream && a->json) {
		fputs(a->streamed ? "\n]}\n" : "{\"routes\":[]}\n", stdout);
	} else if (a->ask->command->stream) {
		routes_end(&a->routes, &t);
		print_lines(a, &t);
	} else if (a->json) {
		json_dumpf(a->joined, stdout, JSON_INDENT(2));
		fputs("\n", stdout);
	} else {
		a->ask->command->print(a->joined, a->ask, &t);
		print(&t);
		text_free(&t);
	}
}

static int finish(struct answer *a)
{
	if (a->error)
		return show_error(a);
	if (a->ask->command->print == print_explain)
		explain_kernel(a->joined);
	if (a->ask->command->print == print_memory)
		processes_put_memory(a->joined, a->path);
	show(a);
	if (fflush(stdout) != 0 || a->routes.table.err) {
		fprintf(stderr, "bgpd-litectl: the output is not whole\n");
		return 1;
	}
	if (json_is_false(json_object_get(a->joined, "ok")))
		return 1;
	if (a->ask->command->print == print_what_if)
		return json_array_size(json_object_get(a->joined, "lost")) ? EXIT_CHANGES : 0;
	if (a->ask->command->print != print_plan)
		return 0;
	return get_bool(a->joined, "ends_sessions") ? EXIT_ENDS
	       : get_bool(a->joined, "changes")     ? EXIT_CHANGES
						    : 0;
}

/* It ends with the daemon, or with us. */
static int live_ended(const struct answer *a, const char *why)
{
	fprintf(stderr, "bgpd-litectl: %s: %s\n", a->path, why);
	return OWN_EXIT_NO_DAEMON;
}

static int no_answer(enum exchange_result result, const char *path, const char *why)
{
	switch (result) {
	case EXCHANGE_NO_DAEMON:
		fprintf(stderr,
			"bgpd-litectl: no daemon answers at %s: %s\n"
			"Start it with `systemctl start bgpd-lite` or `bgpd-lite -c FILE --run-dir "
			"DIR`, or name its directory with --run-dir\n",
			path, why);
		return OWN_EXIT_NO_DAEMON;
	case EXCHANGE_DENIED:
		fprintf(stderr,
			"bgpd-litectl: %s: %s; the socket is for root and the daemon's group\n",
			path, why);
		return 1;
	case EXCHANGE_BROKEN:
	case EXCHANGE_DONE:
		fprintf(stderr, "bgpd-litectl: %s: %s\n", path, why);
		return 1;
	}
	return 1;
}

static bool is_command(const struct ask *ask, const char *word)
{
	return strcmp(ask->command->words[0], word) == 0;
}

static int run(const struct ask *ask, const char *run_dir, const char *state_dir, bool json)
{
	char why[128];
	struct text path = {0};
	struct answer a = {.ask = ask, .json = json, .joined = json_object()};

	routes_init(&a.routes);
	text_addf(&path, "%s/control", run_dir);
	a.path = path.s;
	struct exchange_taker taker = {.reply = take_reply, .arg = &a};
	if (ask->command->stream) {
		taker.list = "routes";
		taker.items = take_routes;
	}
	enum exchange_result result =
		exchange(path.s, ask->command->method, ask->parameters, &taker, why, sizeof(why));
	int code = result == EXCHANGE_DONE                     ? finish(&a)
		   : result == EXCHANGE_BROKEN && is_live(ask) ? live_ended(&a, why)
							       : no_answer(result, path.s, why);
	if (result == EXCHANGE_NO_DAEMON && is_command(ask, "status") && !json)
		absent_report(state_dir);
	routes_free(&a.routes);
	json_decref(a.joined);
	json_decref(a.error);
	text_free(&path);
	return code;
}

/* The files' texts become a parameter. */
static bool add_texts(const struct ask *ask, struct text *why)
{
	json_t *map = ask->files_n ? json_object() : NULL;

	if (map)
		json_object_set_new(ask->parameters, "files", map);
	if (ask->text_of)
		return texts_add(ask->parameters, "-", ask->text_of, why);
	for (size_t i = 0; i < ask->files_n; i++)
		if (!texts_add(map, ask->files[i], "stdin", why))
			return false;
	return true;
}

/* The verbs that are one question, and those that the client carries out itself. */
static int carry_out(const struct ask *ask, const char *run_dir, const char *state_dir, bool json)
{
	struct text path = {0};
	int code;

	text_addf(&path, "%s/control", run_dir);
	if (is_command(ask, "metrics"))
		code = metrics_run(path.s);
	else if (is_command(ask, "doctor"))
		code = doctor_run(path.s, json);
	else if (is_command(ask, "top"))
		code = top_run(path.s, json);
	else if (is_command(ask, "report"))
		code = report_run(get_text(ask->parameters, "file"), path.s, state_dir, ask->now_s);
	else if (json_object_get(ask->parameters, "from"))
		code = packet_run(ask->parameters, json);
	else if (is_command(ask, "status") && ask->detail)
		code = check_run(path.s);
	else
		code = run(ask, run_dir, state_dir, json);
	if (is_command(ask, "drain") && ask->detail && code == 0)
		code = drain_wait(path.s, json);
	text_free(&path);
	return code;
}

struct errand {
	struct ask *ask;
	const char *run_dir, *state_dir;
	bool json;
};

static int carry_out_now(void *arg)
{
	const struct errand *e = arg;

	e->ask->now_s = (int64_t)time(NULL);
	return carry_out(e->ask, e->run_dir, e->state_dir, e->json);
}

/* `--watch 5` as well as `--watch=5`: a number that follows is taken for its seconds. */
static const char *watch_seconds(int argc, char **argv)
{
	if (optarg || optind >= argc)
		return optarg;
	size_t len = strlen(argv[optind]);
	return len && strspn(argv[optind], "0123456789") == len ? argv[optind++] : NULL;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {{"run-dir", required_argument, NULL, 'r'},
		{"json", no_argument, NULL, 'j'}, {"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'v'}, {"reset", no_argument, NULL, 'R'},
		{"confirm", required_argument, NULL, 'C'}, {"remove", no_argument, NULL, 'D'},
		{"message", required_argument, NULL, 'm'}, {"origin", no_argument, NULL, 'o'},
		{"check", no_argument, NULL, 'c'}, {"wait", no_argument, NULL, 'w'},
		{"yes", no_argument, NULL, 'y'}, {"undo", no_argument, NULL, 'u'},
		{"watch", optional_argument, NULL, 'W'},
		{"state-dir", required_argument, NULL, 's'}, {0}};
	const char *run_dir = RUN_DIR, *state_dir = STATE_DIR;
	struct ask ask = {.now_s = (int64_t)time(NULL)};
	struct text why = {0};
	const char *message = NULL, *confirm = NULL, *seconds = NULL;
	bool json = false, reset = false, origin = false, check = false, drop = false;
	bool wait = false, watch = false, yes = false, undo = false;
	int option;

	while ((option = getopt_long(argc, argv, "hjr:v", options, NULL)) != -1) {
		if (option == 'r')
			run_dir = optarg;
		else if (option == 'j')
			json = true;
		else if (option == 'R')
			reset = true;
		else if (option == 'C')
			confirm = optarg;
		else if (option == 'D')
			drop = true;
		else if (option == 'm')
			message = optarg;
		else if (option == 'o')
			origin = true;
		else if (option == 'c')
			check = true;
		else if (option == 'w')
			wait = true;
		else if (option == 'y')
			yes = true;
		else if (option == 'u')
			undo = true;
		else if (option == 'W') {
			watch = true;
			seconds = watch_seconds(argc, argv);
		} else if (option == 's')
			state_dir = optarg;
		else if (option == 'h')
			return help();
		else if (option == 'v')
			return printf("bgpd-litectl %s\n", PROJECT_VERSION) < 0;
		else
			return EXIT_USAGE;
	}
	struct errand errand = {&ask, run_dir, state_dir, json};
	int code = commands_parse(argc - optind, argv + optind, &ask, &why) &&
				   (!reset || commands_reset(&ask, &why)) &&
				   (!confirm || commands_confirm(&ask, confirm, &why)) &&
				   (!drop || commands_remove(&ask, &why)) &&
				   (!message || commands_message(&ask, message, &why)) &&
				   (!origin || commands_origin(&ask, &why)) &&
				   (!check || commands_check(&ask, &why)) &&
				   (!wait || commands_wait(&ask, &why)) &&
				   (!yes || commands_yes(&ask, &why)) &&
				   (!undo || commands_undo(&ask, &why)) &&
				   (!watch || commands_watch(&ask, seconds, &why)) &&
				   add_texts(&ask, &why)
			   ? ask.watch_s && top_begin()
				     ? watch_run(ask.watch_s, carry_out_now, &errand)
				     : carry_out(&ask, run_dir, state_dir, json)
			   : usage_error(why.s ? why.s : "no memory");
	text_free(&why);
	json_decref(ask.parameters);
	return code;
}
