#include "bgpd-lite/ctl/top.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "bgpd-lite/ctl/get.h"
#include "bgpd-lite/ctl/own.h"
#include "bgpd-lite/ctl/print_top.h"

enum {
	TOP_NEIGHBORS_MAX = 512, /* with rates */
	TOP_NAME_MAX = 128,
};

struct count {
	char name[TOP_NAME_MAX];
	json_int_t updates, in_bytes, out_bytes;
};

/* What a page found; at_ms 0: none yet. */
struct sample {
	int64_t at_ms;
	json_int_t started_at_s; /* another daemon counts from 0 */
	json_int_t operations;
	size_t n;
	struct count neighbors[TOP_NEIGHBORS_MAX];
};

static struct sample *last;

bool top_begin(void)
{
	last = mmap(NULL, sizeof(*last), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (last != MAP_FAILED)
		return true;
	last = NULL;
	return false;
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* null where there is nothing to compare with, or the counter began anew. */
static json_t *rate(const struct sample *now, json_int_t before, json_int_t after, bool known)
{
	double s = (double)(now->at_ms - last->at_ms) / 1000;

	return known && s > 0 && after >= before ? json_real((double)(after - before) / s)
						 : json_null();
}

static const struct count *count_before(const char *name)
{
	for (size_t i = 0; i < last->n; i++)
		if (strcmp(last->neighbors[i].name, name) == 0)
			return &last->neighbors[i];
	return NULL;
}

static struct count count_of(const json_t *n)
{
	const json_t *c = json_object_get(n, "counters");
	struct count x = {.updates = get_number(json_object_get(c, "messages_received"), "update"),
		.in_bytes = get_number(c, "bytes_received"),
		.out_bytes = get_number(c, "bytes_sent")};

	snprintf(x.name, sizeof(x.name), "%s", get_text(n, "name"));
	return x;
}

static json_t *measure_neighbor(const json_t *n, struct sample *now, bool known)
{
	static const struct count none;
	struct count x = count_of(n);
	const struct count *before = known ? count_before(x.name) : NULL,
			   *b = before ? before : &none;
	const json_t *prefixes = json_object_get(n, "prefixes");
	json_t *o = json_object();

	if (now->n < TOP_NEIGHBORS_MAX)
		now->neighbors[now->n++] = x;
	json_object_set_new(o, "neighbor", json_string(x.name));
	json_object_set(o, "state", json_object_get(n, "state"));
	json_object_set(o, "received", json_object_get(prefixes, "received"));
	json_object_set(o, "accepted", json_object_get(prefixes, "accepted"));
	json_object_set_new(o, "updates_per_s", rate(now, b->updates, x.updates, before));
	json_object_set_new(o, "in_bytes_per_s", rate(now, b->in_bytes, x.in_bytes, before));
	json_object_set_new(o, "out_bytes_per_s", rate(now, b->out_bytes, x.out_bytes, before));
	return o;
}

/* The main numbers of Status. */
static json_t *numbers_of(const json_t *status)
{
	static const struct {
		const char *key, *of, *field;
	} taken[] = {{"established", "neighbors", "Established"},
		{"neighbors", "neighbors", "configured"}, {"bfd_up", "bfd", "Up"},
		{"bfd_sessions", "bfd", "configured"}, {"prefixes", "rib", "prefixes"},
		{"installed", "rib", "installed"}, {"failed", "rib", "failed"},
		{"dirty", "rib", "dirty"}, {"memory_bytes", "rib", "memory_bytes"},
		{"repairs", "fib", "repairs"}, {"loop_stalls", "loop", "stalls"},
		{"loop_longest_ms", "loop", "longest_ms"}};
	const json_t *fib = json_object_get(status, "fib"),
		     *problems = json_object_get(status, "problems");
	json_t *o = json_object();

	json_object_set(o, "daemon_version", json_object_get(status, "daemon_version"));
	json_object_set(o, "uptime_s", json_object_get(status, "uptime_s"));
	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
		json_object_set(o, taken[i].key,
			json_object_get(json_object_get(status, taken[i].of), taken[i].field));
	json_object_set_new(o, "queue_packets",
		json_integer(get_number(fib, "packets_sent") - get_number(fib, "packets_done")));
	json_object_set_new(o, "problems",
		json_integer((json_int_t)json_array_size(problems) +
			     get_number(status, "problems_left_out")));
	return o;
}

/* The page: main numbers, and rates. */
static json_t *measure(const json_t *status, const json_t *neighbors, struct sample *now)
{
	json_t *o = numbers_of(status), *list = json_array();
	size_t i;
	const json_t *n;

	now->at_ms = now_ms();
	now->started_at_s = get_number(status, "started_at_s");
	now->operations = get_number(json_object_get(status, "rib"), "operations_sent");
	bool known = last->at_ms && last->started_at_s == now->started_at_s;
	json_object_set_new(o, "interval_s",
		known ? json_real((double)(now->at_ms - last->at_ms) / 1000) : json_null());
	json_object_set_new(
		o, "operations_per_s", rate(now, last->operations, now->operations, known));
	json_array_foreach(json_object_get(neighbors, "neighbors"), i, n)
		json_array_append_new(list, measure_neighbor(n, now, known));
	json_object_set_new(o, "rates", list);
	return o;
}

static void put_page(const json_t *page, bool json)
{
	struct text t = {0};

	if (json) {
		json_dumpf(page, stdout, JSON_COMPACT | JSON_REAL_PRECISION(6));
		printf("\n");
		return;
	}
	print_top(page, &t);
	if (t.s && !t.err)
		fputs(t.s, stdout);
	text_free(&t);
}

int top_run(const char *path, bool json)
{
	enum exchange_result result;

	if (!last && !top_begin())
		return 1;
	json_t *status = own_ask(path, "io.bgpd-lite.Status", &result);
	json_t *neighbors = status ? own_ask(path, "io.bgpd-lite.ShowNeighbors", &result) : NULL;
	struct sample *now = calloc(1, sizeof(*now));

	if (neighbors && now) {
		json_t *page = measure(status, neighbors, now);
		put_page(page, json);
		json_decref(page);
		*last = *now;
	} else {
		fprintf(stderr, "bgpd-litectl: no daemon answers at %s\n", path);
	}
	free(now);
	json_decref(status);
	json_decref(neighbors);
	return result == EXCHANGE_DONE ? 0 : OWN_EXIT_NO_DAEMON;
}
