/* `report FILE.tar`: what a helper needs to see of a node, in one file. */
#include "bgpd-lite/ctl/own.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "bgpd-lite/ctl/get.h"
#include "bgpd-lite/ctl/processes.h"
#include "bgpd-lite/ctl/tar.h"

enum {
	ROUTES_KEPT_MAX = 10000, /* of each list of routes */
};

struct report {
	FILE *f;
	const char *path; /* of the socket */
	int64_t now_s;
	enum exchange_result answered; /* the worst of the daemon's answers */
	bool written;
};

/* ---- members ---- */

static void put_member(struct report *r, const char *name, const char *bytes, size_t len)
{
	char member[TAR_NAME_MAX + 1];

	snprintf(member, sizeof(member), "bgpd-lite-report/%s", name);
	r->written = tar_add(r->f, member, bytes, len, r->now_s) && r->written;
}

/* Takes the value. */
static void put_json(struct report *r, const char *name, json_t *value)
{
	char *text = json_dumps(value, JSON_INDENT(2));

	if (text)
		put_member(r, name, text, strlen(text));
	else
		r->written = false;
	free(text);
	json_decref(value);
}

/* The beginning of a small file of this host; NULL: there is none. */
static json_t *text_of(const char *path)
{
	char text[1024];
	FILE *f = fopen(path, "re");

	if (!f)
		return NULL;
	size_t n = fread(text, 1, sizeof(text), f);
	fclose(f);
	return json_stringn(text, n);
}

/* ---- routes ---- */

struct route_list {
	json_t *routes;
	json_int_t left_out;
	bool error;
};

static void take_error(void *arg, const json_t *reply)
{
	((struct route_list *)arg)->error = true;
}

/* Where the list is full they are counted, not read: that is much faster. */
static void take_routes(void *arg, struct scan *routes)
{
	struct route_list *l = arg;
	struct span route;

	while (scan_item(routes, &route))
		if (json_array_size(l->routes) < ROUTES_KEPT_MAX)
			json_array_append_new(l->routes, json_loadb(route.s, route.len, 0, NULL));
		else
			l->left_out++;
}

/* state NULL: all */
static void put_routes(struct report *r, const char *name, const char *state)
{
	struct route_list l = {.routes = json_array()};
	struct exchange_taker taker = {
		.reply = take_error, .list = "routes", .items = take_routes, .arg = &l};
	json_t *parameters = json_object();
	char why[128];

	if (state)
		json_object_set_new(parameters, "state", json_string(state));
	if (exchange(r->path, "io.bgpd-lite.ShowRoutes", parameters, &taker, why, sizeof(why)) !=
			EXCHANGE_DONE ||
		l.error)
		r->answered = EXCHANGE_BROKEN;
	put_json(r, name, json_pack("{sosI}", "routes", l.routes, "routes_left_out", l.left_out));
	json_decref(parameters);
}

/* ---- the daemon ---- */

static const struct {
	const char *name;
	const char *method;
} shows[] = {
	{"status.json", "io.bgpd-lite.Status"},
	{"neighbors.json", "io.bgpd-lite.ShowNeighbors"},
	{"bfd.json", "io.bgpd-lite.ShowBfd"},
	{"nexthops.json", "io.bgpd-lite.ShowNexthops"},
	{"announcements.json", "io.bgpd-lite.ShowAnnouncements"},
	{"vrfs.json", "io.bgpd-lite.ShowVrfs"},
	{"interfaces.json", "io.bgpd-lite.ShowInterfaces"},
	{"contributors.json", "io.bgpd-lite.ShowContributors"},
	{"filters.json", "io.bgpd-lite.ShowFilters"},
	{"events.json", "io.bgpd-lite.ShowEvents"},
	{"memory.json", "io.bgpd-lite.ShowMemory"},
	{"config.json", "io.bgpd-lite.ShowConfig"},
	{"config-history.json", "io.bgpd-lite.ShowHistory"},
};

/* All events that are kept, not the last few. */
static json_t *ask(struct report *r, const char *method)
{
	enum exchange_result result;
	bool events = strcmp(method, "io.bgpd-lite.ShowEvents") == 0;
	json_t *parameters = events ? json_pack("{ss}", "since_ms", "0") : json_object();
	json_t *reply = own_ask_with(r->path, method, parameters, &result);

	if (!reply)
		r->answered = result;
	if (reply && strcmp(method, "io.bgpd-lite.ShowMemory") == 0)
		processes_put_memory(reply, r->path);
	return reply;
}

static void put_shows(struct report *r)
{
	for (size_t i = 0; i < sizeof(shows) / sizeof(shows[0]); i++) {
		json_t *reply = ask(r, shows[i].method);
		if (r->answered == EXCHANGE_NO_DAEMON || r->answered == EXCHANGE_DENIED)
			return;
		put_json(r, shows[i].name, reply ? reply : json_null());
	}
	put_routes(r, "routes.json", NULL);
	put_routes(r, "routes-failed.json", "failed");
}

/* ---- the host ---- */

static void put_versions(struct report *r)
{
	struct utsname u;
	json_t *o =
		json_pack("{sssI}", "bgpd_litectl", PROJECT_VERSION, "at_s", (json_int_t)r->now_s);

	if (uname(&u) == 0) {
		json_object_set_new(o, "kernel", json_string(u.release));
		json_object_set_new(o, "machine", json_string(u.machine));
	}
	json_object_set_new(o, "os_release", text_of("/etc/os-release"));
	put_json(r, "versions.json", o);
}

static void put_last_exit(struct report *r, const char *state_dir)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/last-exit", state_dir);
	json_t *text = text_of(path);
	put_json(r, "last-exit.json", json_pack("{so?}", "last_exit", text));
}

/* ---- the file ---- */

/* Never over another file. NULL: said why. */
static FILE *create(const char *file)
{
	int fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, TAR_MODE);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "w");

	if (!f)
		fprintf(stderr, "bgpd-litectl: %s: %s\n", file, strerror(errno));
	return f;
}

static int said(const struct report *r, const char *file)
{
	if (!r->written) {
		fprintf(stderr, "bgpd-litectl: %s cannot be written\n", file);
		unlink(file);
		return 1;
	}
	printf("%s: written, without contents of key files\n", file);
	if (r->answered == EXCHANGE_DONE)
		return 0;
	fprintf(stderr, "bgpd-litectl: %s: %s; the report has what this host alone knows\n",
		r->path,
		r->answered == EXCHANGE_NO_DAEMON ? "no daemon answers"
		: r->answered == EXCHANGE_DENIED  ? "no permission to ask the daemon"
						  : "an answer of the daemon is missing");
	return r->answered == EXCHANGE_NO_DAEMON ? OWN_EXIT_NO_DAEMON : 1;
}

int report_run(const char *file, const char *path, const char *state_dir, int64_t now_s)
{
	struct report r = {.f = create(file), .path = path, .now_s = now_s, .written = true};

	if (!r.f)
		return 1;
	put_versions(&r);
	put_last_exit(&r, state_dir);
	put_shows(&r);
	put_json(&r, "doctor.json", doctor_findings(path));
	put_json(&r, "kernel.json", kernel_census());
	r.written = tar_end(r.f) && r.written;
	if (fclose(r.f) != 0)
		r.written = false;
	return said(&r, file);
}
