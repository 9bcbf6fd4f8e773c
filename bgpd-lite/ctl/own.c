/* `status --check`, `drain --wait`, `status` without a daemon. */
#include "bgpd-lite/ctl/own.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "bgpd-lite/ctl/get.h"
#include "bgpd-lite/ctl/kernel_ask.h"

enum {
	TABLES_SHOWN_MAX = 16,
	PROTOCOL_BGP = 186,
};

/* ---- status --check ---- */

static int verdict(const json_t *problems)
{
	size_t i;
	const json_t *p;
	int worst = 0;

	json_array_foreach(problems, i, p)
	{
		int severity = strcmp(get_text(p, "severity"), "critical") == 0 ? 2 : 1;
		if (severity > worst)
			worst = severity;
	}
	return worst;
}

static void put_check(struct text *out, const json_t *status, int code)
{
	static const char *const words[] = {"OK", "WARNING", "CRITICAL"};
	const json_t *problems = json_object_get(status, "problems");
	const json_t *neighbors = json_object_get(status, "neighbors");
	const json_t *rib = json_object_get(status, "rib");
	const json_t *first = json_array_get(problems, 0);
	size_t n = json_array_size(problems) + (size_t)get_number(status, "problems_left_out");

	text_addf(out,
		"%s: %" JSON_INTEGER_FORMAT " of %" JSON_INTEGER_FORMAT
		" sessions Established, %" JSON_INTEGER_FORMAT " of %" JSON_INTEGER_FORMAT
		" prefixes installed",
		words[code], get_number(neighbors, "Established"),
		get_number(neighbors, "configured"), get_number(rib, "installed"),
		get_number(rib, "prefixes"));
	if (n) {
		text_adds(out, "; ");
		text_plain(out, get_text(first, "subject"));
		text_adds(out, ": ");
		text_plain(out, get_text(first, "text"));
	}
	if (n > 1)
		text_addf(out, " (and %zu more)", n - 1);
	text_adds(out, "\n");
}

int check_run(const char *path)
{
	enum exchange_result result;
	struct text out = {0};
	json_t *status = own_ask(path, "io.bgpd-lite.Status", &result);
	int code = status ? verdict(json_object_get(status, "problems")) : 2;

	if (status)
		put_check(&out, status, code);
	else
		text_addf(&out, "CRITICAL: %s at %s\n",
			result == EXCHANGE_NO_DAEMON ? "no daemon answers"
			: result == EXCHANGE_DENIED  ? "no permission to ask the daemon"
						     : "the daemon does not answer as it should",
			path);
	if (out.s)
		fputs(out.s, stdout);
	text_free(&out);
	json_decref(status);
	return code;
}

/* ---- drain --wait ---- */

int drain_wait(const char *path, bool json)
{
	static const struct timespec pause = {.tv_nsec = 200000000};
	enum exchange_result result;

	for (;;) {
		json_t *status = own_ask(path, "io.bgpd-lite.Status", &result);
		char state[16];
		snprintf(state, sizeof(state), "%s",
			get_text(json_object_get(status, "drain"), "state"));
		json_decref(status);
		if (strcmp(state, "closed") == 0)
			return !json && puts("the sessions are closed") < 0;
		if (strcmp(state, "announced") != 0) {
			fprintf(stderr, "bgpd-litectl: %s\n",
				state[0] ? "the drain was undone" : "the daemon answers no more");
			return 1;
		}
		nanosleep(&pause, NULL);
	}
}

/* ---- status without a daemon ---- */

static void report_exit(const char *state_dir)
{
	char line[256] = "", path[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s/last-exit", state_dir);
	f = fopen(path, "re");
	if (!f || !fgets(line, sizeof(line), f)) {
		if (f)
			fclose(f);
		printf("Last exit  not known: there is no %s\n", path);
		return;
	}
	fclose(f);
	struct text plain = {0};
	line[strcspn(line, "\n")] = 0;
	text_plain(&plain, line);
	printf("Last exit  %s\n", plain.s ? plain.s : "");
	text_free(&plain);
}

void absent_report(const char *state_dir)
{
	uint32_t tables[TABLES_SHOWN_MAX];
	struct kernel_counts c = {.tables = tables, .tables_max = TABLES_SHOWN_MAX};
	int error = kernel_count(PROTOCOL_BGP, &c);

	report_exit(state_dir);
	if (error) {
		printf("Kernel     not known: %s\n", strerror(-error));
		return;
	}
	printf("Kernel     %llu routes of protocol bgp", (unsigned long long)c.routes);
	for (size_t i = 0; i < c.tables_n; i++)
		printf("%s%u", i ? ", " : " in tables ", tables[i]);
	printf("\n");
}
