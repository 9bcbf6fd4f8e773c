#include "bgpd-lite/when.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bgpd-lite/announcer.h"
#include "bgpd-lite/neighbor.h"

#define FILE_S 1.0 /* where inotify tells nothing of a file */

/* A file that an announcement waits for. */
struct watch {
	struct when *when;
	char *path;
	struct ev_stat stat;
};

struct when {
	struct daemon *daemon;
	struct watch *watches;
	size_t watches_n;
	bool *there; /* routes that announcements wait for, by announcement, as last looked at */
};

static bool has_address(const struct host *h, const struct prefix *p)
{
	const struct fib_address *a;
	size_t n = host_addresses(h, &a);

	for (size_t i = 0; i < n; i++)
		if (prefix_has_addr(*p, a[i].addr) && host_is_own(h, a[i].addr))
			return true;
	return false;
}

/* What we said, come back. */
static bool is_echo(const struct daemon *d, const struct rib_path_view *p)
{
	for (size_t i = 0; i < d->neighbors_n; i++) {
		const struct neighbor *n = d->neighbors[i];
		if (n->peer == p->peer && attr_path_count(p->attrs, n->conf->local_as) > 0)
			return true;
	}
	return false;
}

struct look {
	const struct daemon *daemon;
	bool there;
};

/* A path that only gives way to our own announcement counts: else that would take itself back. */
static void look(void *arg, const struct rib_route_view *v)
{
	struct look *l = arg;

	for (size_t i = 0; i < v->paths_n; i++)
		if (v->paths[i].why == RIB_USED || (v->paths[i].why == RIB_WHY_OWN_ANNOUNCEMENT &&
							   !is_echo(l->daemon, &v->paths[i])))
			l->there = true;
}

static bool has_route(const struct daemon *d, const struct conf_announcement *c)
{
	struct look l = {.daemon = d};

	for (uint16_t i = 0; i < RIB_VRFS_MAX; i++)
		if (strcmp(d->vrfs[i].name, c->when_vrf->name) == 0)
			rib_look(d->rib, i, &c->when_route, look, &l);
	return l.there;
}

const char *when_waits(
	const struct daemon *d, const struct conf_announcement *c, const struct prefix *p)
{
	switch (c->when) {
	case CONF_WHEN_ALWAYS:
		break;
	case CONF_WHEN_ADDRESS_PRESENT:
		return has_address(rib_host(d->rib), p) ? "" : "no address of this host is in it";
	case CONF_WHEN_FILE_PRESENT:
		return access(c->when_file, F_OK) == 0 ? "" : "the file does not exist";
	case CONF_WHEN_ROUTE_PRESENT:
		return has_route(d, c) ? "" : "the route is not learnt";
	}
	return "";
}

void when_rib_at_rest(struct when *o)
{
	const struct conf *c = o->daemon->conf;
	bool changed = false;

	for (size_t i = 0; o->there && i < c->announcements_n; i++) {
		if (c->announcements[i].when != CONF_WHEN_ROUTE_PRESENT)
			continue;
		bool there = has_route(o->daemon, &c->announcements[i]);
		changed |= there != o->there[i];
		o->there[i] = there;
	}
	if (changed)
		announcer_changed(o->daemon->announcer);
}

static void on_file(struct ev_loop *loop, struct ev_stat *w, int events)
{
	struct watch *watch = w->data;
	(void)loop;
	(void)events;
	if (!w->attr.st_nlink != !w->prev.st_nlink)
		announcer_changed(watch->when->daemon->announcer);
}

static void watches_stop(struct when *o)
{
	for (size_t i = 0; i < o->watches_n; i++) {
		ev_stat_stop(o->daemon->loop, &o->watches[i].stat);
		free(o->watches[i].path);
	}
	free(o->watches);
	free(o->there);
	o->there = NULL;
	o->watches = NULL;
	o->watches_n = 0;
}

static void watch_file(struct when *o, const char *path)
{
	struct watch *w = &o->watches[o->watches_n++];

	w->when = o;
	w->path = strdup(path);
	if (!w->path)
		abort();
	ev_stat_init(&w->stat, on_file, w->path, FILE_S);
	w->stat.data = w;
	ev_stat_start(o->daemon->loop, &w->stat);
}

void when_update(struct when *o)
{
	const struct conf *c = o->daemon->conf;

	watches_stop(o);
	o->watches = calloc(c->announcements_n + 1, sizeof(*o->watches));
	o->there = calloc(c->announcements_n + 1, sizeof(*o->there));
	if (!o->watches || !o->there)
		abort();
	for (size_t i = 0; i < c->announcements_n; i++) {
		if (c->announcements[i].when == CONF_WHEN_FILE_PRESENT)
			watch_file(o, c->announcements[i].when_file);
		if (c->announcements[i].when == CONF_WHEN_ROUTE_PRESENT)
			o->there[i] = has_route(o->daemon, &c->announcements[i]);
	}
}

struct when *when_new(struct daemon *d)
{
	struct when *o = calloc(1, sizeof(*o));

	if (o)
		o->daemon = d;
	return o;
}

void when_free(struct when *o)
{
	if (!o)
		return;
	watches_stop(o);
	free(o);
}
