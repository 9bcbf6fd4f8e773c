#include "bgpd-lite/configure.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

#include "bgpd-lite/daemon.h"
#include "bgpd-lite/site.h"
#include "conf/arena.h"
#include "conf/files.h"
#include "lib/clock.h"
#include "lib/log.h"

enum {
	TRIM_S = 1,
};

static void log_messages(const struct conf *c)
{
	for (size_t i = 0; i < c->messages_n; i++) {
		const struct conf_message *m = &c->messages[i];
		log_event(m->error ? LOG_LEVEL_ERR : LOG_LEVEL_WARN,
			m->error ? LOG_ID_CONFIG_ERROR : LOG_ID_NONE, "config %s:%u: %s",
			m->origin.file, m->origin.line, m->text);
	}
}

bool configure_all_in_force(const struct daemon *d)
{
	for (size_t i = 0; i < d->conf->contributors_n; i++) {
		if (!conf_all_in_force(&d->conf->contributors[i]))
			return false;
	}
	return true;
}

/* The snapshot of these files, which it takes and which are to be kept when it is in force; NULL
 * when it cannot be used. */
static struct conf *take_files(struct daemon *d, struct conf_files *files)
{
	size_t texts_n;
	bool usable = false;
	const struct conf_text *texts = conf_files_texts(files, &texts_n);
	struct conf *conf = site_build(d, texts, texts_n, &usable);

	if (usable)
		log_native(LOG_JOURNAL_SOCKET);
	log_messages(conf);
	if (!usable) {
		conf_free(conf);
		conf_files_free(files);
		return NULL;
	}
	conf_files_free(d->files);
	d->files = files;
	return conf;
}

static struct conf_files *read_files(const struct daemon *d)
{
	const struct daemon_options *o = &d->options;
	return conf_files_read(o->config, o->conf_dirs, o->conf_dirs_n, o->state_dir, d->files);
}

/* What is in force from now on, by whom: the last good texts, and one more entry of the history. It
 * goes to the disk, so neighbours are told first. */
static void remember(struct daemon *d, const struct conf *c, const char *origin)
{
	struct conf_history now = {.at_realtime_ns = clock_realtime_ns(), .origin = origin};
	struct conf_arena *a = conf_arena_new();

	conf_files_keep(d->files, c);
	now.texts = conf_files_in_force(d->files, c, a, &now.texts_n);
	history_add(&d->history, d->options.state_dir, &now);
	conf_arena_free(a);
}

/* ---- start ---- */

static struct conf *start_held(struct daemon *d)
{
	struct conf_arena *a = conf_arena_new();
	struct conf_history held;
	struct conf *c = NULL;

	if (history_held(d->options.state_dir, a, &held)) {
		c = take_files(d, conf_files_of(held.texts, held.texts_n, d->options.state_dir));
		d->held = c != NULL;
		log_warn("configuration held origin=\"%s\" used=%d reason=\"reload reads the files "
			 "again\"",
			held.origin, d->held);
	}
	conf_arena_free(a);
	return c;
}

bool configure_start(struct daemon *d)
{
	history_read(&d->history, d->options.state_dir);
	d->conf = start_held(d);
	if (!d->conf)
		d->conf = take_files(d, read_files(d));
	if (d->conf)
		remember(d, d->conf, "start");
	return d->conf;
}

/* ---- changes ---- */

static void failed(struct daemon *d)
{
	log_event(LOG_LEVEL_ERR, LOG_ID_RELOAD_FAILED,
		"reload failed reason=\"nothing was changed\"");
	events_add(&d->events, clock_realtime_ns(), EVENT_CONFIG, "",
		"reload failed: nothing was changed");
}

static void put_in_force(struct daemon *d, struct conf *next, const struct configure_ask *ask)
{
	if (d->applied) {
		apply_conf(d, next, ask->reset);
	} else { /* links are not known yet: this one will be the first */
		conf_free(d->conf);
		d->conf = next;
	}
	if (d->applied)
		drop_ins_update(d);
	d->reload.ok = configure_all_in_force(d);
	remember(d, next, ask->origin);
	log_event(d->reload.ok ? LOG_LEVEL_INFO : LOG_LEVEL_WARN,
		d->reload.ok ? LOG_ID_RELOADED : LOG_ID_RELOADED_PARTLY,
		"reload %s changed=%u added=%u removed=%u pending=%u by=\"%s\"",
		d->reload.ok ? "done" : "done with errors", d->reload.changed, d->reload.added,
		d->reload.removed, d->reload.pending, ask->origin);
	events_add(&d->events, clock_realtime_ns(), EVENT_CONFIG, "",
		"reload %s: changed %u, added %u, removed %u, pending %u",
		d->reload.ok ? "done" : "done with errors", d->reload.changed, d->reload.added,
		d->reload.removed, d->reload.pending);
}

static void on_trim(struct ev_loop *loop, struct ev_timer *w, int events)
{
	(void)loop;
	(void)w;
	(void)events;
	malloc_trim(0);
}

/* What the snapshot before held, and the making of this one, goes back to the system, but not
 * between two reloads: to get it again takes longer than to read the files. */
static void trim_later(struct daemon *d)
{
	ev_timer_stop(d->loop, &d->trim_timer);
	ev_timer_init(&d->trim_timer, on_trim, TRIM_S, 0);
	ev_timer_start(d->loop, &d->trim_timer);
}

/* Takes the files, which were read from start_ns on. False: they cannot be used. */
static bool change(struct daemon *d, struct conf_files *files, uint64_t start_ns,
	const struct configure_ask *ask)
{
	service_reloading(d);
	struct conf *next = take_files(d, files);
	d->reload = (struct reload_result){.at_realtime_ns = clock_realtime_ns()};
	if (next)
		put_in_force(d, next, ask);
	else
		failed(d);
	d->reload.took_us = (uint32_t)((clock_ns() - start_ns) / 1000);
	service_reloaded(d);
	trim_later(d);
	return next;
}

/* ---- what must be confirmed ---- */

static void forget_confirm(struct daemon *d)
{
	ev_timer_stop(d->loop, &d->confirm.timer);
	free(d->confirm.before);
	d->confirm = (struct confirm){0};
}

static void on_not_confirmed(struct ev_loop *loop, struct ev_timer *w, int events)
{
	struct daemon *d = w->data;
	struct conf_arena *a = conf_arena_new();
	struct conf_history before;

	(void)loop;
	(void)events;
	log_event(LOG_LEVEL_WARN, LOG_ID_RELOAD_UNDONE,
		"reload undone reason=\"it was not confirmed\"");
	if (d->stop == DAEMON_RUNS &&
		conf_history_decode(a, d->confirm.before, d->confirm.len, &before))
		d->held |=
			change(d, conf_files_of(before.texts, before.texts_n, d->options.state_dir),
				clock_ns(),
				&(struct configure_ask){
					.origin = "not confirmed", .reset = d->confirm.reset});
	forget_confirm(d);
	conf_arena_free(a);
}

/* From now on a restart begins with what is in force now. */
static void hold_present(struct daemon *d)
{
	struct conf_history now = {
		.at_realtime_ns = clock_realtime_ns(), .origin = "not confirmed"};
	struct conf_arena *a = conf_arena_new();
	size_t body;

	now.texts = conf_files_in_force(d->files, d->conf, a, &now.texts_n);
	d->confirm.before = conf_history_encode(&now, &d->confirm.len, &body);
	if (d->confirm.before)
		(void)history_hold(d->options.state_dir, d->confirm.before, d->confirm.len);
	conf_arena_free(a);
}

static void wait_for_confirm(struct daemon *d, const struct configure_ask *ask)
{
	struct confirm *c = &d->confirm;

	c->reset = ask->reset;
	c->until_ms = clock_ms() + ask->confirm_s * 1000;
	ev_timer_stop(d->loop, &c->timer);
	ev_timer_init(&c->timer, on_not_confirmed, ask->confirm_s, 0);
	c->timer.data = d;
	ev_now_update(d->loop);
	ev_timer_start(d->loop, &c->timer);
}

unsigned configure_confirm_left_s(const struct daemon *d)
{
	uint64_t now = clock_ms();

	if (!d->confirm.before)
		return 0;
	return d->confirm.until_ms > now ? (unsigned)((d->confirm.until_ms - now + 999) / 1000) : 1;
}

bool configure_confirm(struct daemon *d)
{
	if (!d->confirm.before)
		return false;
	forget_confirm(d);
	history_release(d->options.state_dir);
	drop_ins_look(d);
	log_info("reload confirmed");
	events_add(&d->events, clock_realtime_ns(), EVENT_CONFIG, "", "reload confirmed");
	return true;
}

void configure_stop(struct daemon *d)
{
	forget_confirm(d);
	ev_timer_stop(d->loop, &d->trim_timer);
}

void configure_reload(struct daemon *d, const struct configure_ask *ask)
{
	bool waits = d->confirm.before;
	uint64_t start_ns = clock_ns();

	if (d->stop != DAEMON_RUNS)
		return;
	if (ask->confirm_s && !waits)
		hold_present(d);
	if (ask->confirm_s && !d->confirm.before) { /* it could not be undone */
		failed(d);
		d->reload = (struct reload_result){0};
		return;
	}
	if (!change(d, read_files(d), start_ns, ask)) {
		if (!waits && d->confirm.before && !d->held)
			history_release(d->options.state_dir);
		if (!waits)
			forget_confirm(d);
		return;
	}
	if (d->held && !d->confirm.before)
		history_release(d->options.state_dir);
	d->held = false;
	if (ask->confirm_s && d->confirm.before)
		wait_for_confirm(d, ask);
}

void configure_refresh(struct daemon *d, const char *name, const struct configure_ask *ask)
{
	const struct daemon_options *o = &d->options;
	uint64_t start_ns = clock_ns();

	if (d->stop != DAEMON_RUNS || d->held || d->confirm.before)
		return;
	struct conf_files *files = conf_files_read_again(
		o->config, o->conf_dirs, o->conf_dirs_n, o->state_dir, d->files, name);
	if (!name && conf_files_equal(files, d->files))
		conf_files_free(files);
	else
		(void)change(d, files, start_ns, ask);
}

void configure_links_changed(struct daemon *d)
{
	if (d->stop == DAEMON_RUNS && site_moved(d))
		(void)change(d, conf_files_copy(d->files, d->options.state_dir), clock_ns(),
			&(struct configure_ask){.origin = "interfaces changed"});
}

/* Applies a configuration as it was, and holds it. */
static bool go_back(
	struct daemon *d, const struct history_entry *e, const struct configure_ask *ask)
{
	struct conf_arena *a = conf_arena_new();
	struct conf_history then;
	size_t len = e->len;
	const char *text = conf_arena_copy(a, e->text, len); /* the entry may go */
	bool done = conf_history_decode(a, text, len, &then) &&
		    change(d, conf_files_of(then.texts, then.texts_n, d->options.state_dir),
			    clock_ns(), ask);

	if (done) {
		forget_confirm(d);
		(void)history_hold(d->options.state_dir, text, len);
	}
	d->held |= done;
	conf_arena_free(a);
	return done;
}

bool configure_back(struct daemon *d, size_t back, const struct configure_ask *ask)
{
	char origin[HISTORY_ORIGIN_MAX];

	if (d->stop != DAEMON_RUNS || back >= d->history.n)
		return false;
	const struct history_entry *e = &d->history.entries[back];
	snprintf(origin, sizeof(origin), "rollback to %llu, %s", (unsigned long long)e->number,
		ask->origin);
	return go_back(d, e, &(struct configure_ask){.origin = origin, .reset = ask->reset});
}
