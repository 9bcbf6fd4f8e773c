#include "bgpd-lite/drop_ins.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "bgpd-lite/configure.h"
#include "bgpd-lite/daemon.h"
#include "lib/clock.h"
#include "lib/log.h"

#define SETTLE_S 0.5 /* since the last event */

enum {
	SETTLE_MAX_MS = 5000, /* a writer that never rests does not put it off for longer */
	DIR_EVENTS = IN_CREATE | IN_CLOSE_WRITE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE |
		     IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR,
	PARENT_EVENTS = IN_CREATE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE | IN_ONLYDIR,
};

static int watch_path(struct drop_ins *w, const char *path, uint32_t events)
{
	int wd = inotify_add_watch(w->fd, path, events | IN_MASK_ADD);
	if (wd < 0 && errno == ENOSPC && !w->limited) {
		log_warn("drop-ins not watched dir=%s reason=\"no inotify watches left; raise "
			 "fs.inotify.max_user_watches\"",
			path);
		w->limited = true;
	}
	return wd;
}

/* The directory that it is in; "." where it has none. */
static const char *parent_of(const char *dir, char out[PATH_MAX])
{
	size_t len = strlen(dir);

	while (len > 1 && dir[len - 1] == '/')
		len--;
	while (len && dir[len - 1] != '/')
		len--;
	snprintf(out, PATH_MAX, "%.*s", len ? (int)len : 1, len ? dir : ".");
	return out;
}

static bool is_base_of(const char *dir, const char *name)
{
	size_t end = strlen(dir), len = strlen(name);

	while (end > 1 && dir[end - 1] == '/')
		end--;
	return len && end >= len && memcmp(dir + end - len, name, len) == 0 &&
	       (end == len || dir[end - len - 1] == '/');
}

/* Directories that came or are others now. */
static void arm(struct daemon *d)
{
	struct drop_ins *w = &d->drop_ins;
	char path[PATH_MAX];

	for (size_t i = 0; i < d->options.conf_dirs_n && i < DROP_INS_DIRS_MAX; i++) {
		const char *dir = d->options.conf_dirs[i];
		w->dir[i] = watch_path(w, dir, DIR_EVENTS);
		w->parent[i] = watch_path(w, parent_of(dir, path), PARENT_EVENTS);
	}
}

void drop_ins_look(struct daemon *d)
{
	struct drop_ins *w = &d->drop_ins;
	uint64_t now = clock_ms();

	if (w->fd <= 0)
		return;
	if (!w->since_ms)
		w->since_ms = now;
	if (ev_is_active(&w->settle) && now - w->since_ms > SETTLE_MAX_MS)
		return; /* it fires in time */
	ev_timer_stop(d->loop, &w->settle);
	ev_now_update(d->loop);
	ev_timer_set(&w->settle, SETTLE_S, 0);
	ev_timer_start(d->loop, &w->settle);
}

static void on_settle(struct ev_loop *loop, struct ev_timer *t, int events)
{
	struct daemon *d = t->data;

	(void)loop;
	(void)events;
	d->drop_ins.since_ms = 0;
	configure_refresh(d, NULL, &(struct configure_ask){.origin = "files changed"});
}

/* A file that may be a drop-in, or the link that stands for all files of a ConfigMap. */
static bool matters(const char *name)
{
	size_t len = strlen(name);
	bool drop_in = name[0] != '.' && len > 5 && strcmp(name + len - 5, ".conf") == 0;
	return drop_in || strcmp(name, "..data") == 0;
}

/* True: a directory itself came or went. *look: what is in it may be another. */
static bool take_event(struct daemon *d, const struct inotify_event *e, bool *look)
{
	const struct drop_ins *w = &d->drop_ins;
	const char *name = e->len ? e->name : "";
	bool moved = false;

	*look |= (e->mask & IN_Q_OVERFLOW) != 0;
	for (size_t i = 0; i < d->options.conf_dirs_n && i < DROP_INS_DIRS_MAX; i++) {
		if (w->dir[i] == e->wd) {
			moved |= (e->mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED)) != 0;
			*look |= moved || matters(name);
		}
		if (w->parent[i] == e->wd)
			moved |= is_base_of(d->options.conf_dirs[i], name);
	}
	return moved;
}

static void on_readable(struct ev_loop *loop, struct ev_io *io, int events)
{
	struct daemon *d = io->data;
	char bytes[4096] __attribute__((aligned(8)));
	bool look = false, moved = false;
	ssize_t n;

	(void)loop;
	(void)events;
	while ((n = read(d->drop_ins.fd, bytes, sizeof(bytes))) > 0)
		for (ssize_t at = 0; at < n;) {
			struct inotify_event e;
			memcpy(&e, bytes + at, sizeof(e));
			moved |= take_event(d, (const void *)(bytes + at), &look);
			at += (ssize_t)(sizeof(e) + e.len);
		}
	if (moved)
		arm(d);
	if (moved || look)
		drop_ins_look(d);
}

static void start(struct daemon *d)
{
	struct drop_ins *w = &d->drop_ins;

	w->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (w->fd < 0) {
		log_warn("drop-ins not watched reason=\"%s\"", strerror(errno));
		return;
	}
	ev_io_init(&w->readable, on_readable, w->fd, EV_READ);
	ev_timer_init(&w->settle, on_settle, SETTLE_S, 0);
	w->readable.data = w->settle.data = d;
	ev_io_start(d->loop, &w->readable);
	arm(d);
	drop_ins_look(d); /* what changed since the files were read */
}

void drop_ins_update(struct daemon *d)
{
	struct drop_ins *w = &d->drop_ins;
	bool on = w->fd > 0;

	if (d->conf->control.auto_reload && !on)
		start(d);
	else if (!d->conf->control.auto_reload && on)
		drop_ins_stop(d);
}

void drop_ins_stop(struct daemon *d)
{
	struct drop_ins *w = &d->drop_ins;

	if (w->fd <= 0)
		return;
	ev_io_stop(d->loop, &w->readable);
	ev_timer_stop(d->loop, &w->settle);
	close(w->fd);
	*w = (struct drop_ins){0};
}
