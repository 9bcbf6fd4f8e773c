/* Reload, Rollback, ShowHistory, ShowConfigDiff. */
#include "bgpd-lite/ctl/call.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bgpd-lite/configure.h"
#include "bgpd-lite/ctl/put.h"
#include "bgpd-lite/site.h"
#include "conf/dump.h"

enum {
	CONFIRM_MAX_S = 86400,
};

static json_t *view_pending(const struct daemon *d)
{
	json_t *list = json_array();
	for (size_t i = 0; i < d->neighbors_n; i++)
		if (d->neighbors[i]->pending)
			json_array_append_new(list, json_string(d->neighbors[i]->conf->name));
	return list;
}

void config_reply(struct call *c)
{
	json_t *o = view_reload(c->d);

	if (!json_is_object(o)) {
		json_decref(o);
		call_error(c, "io.bgpd-lite.ReloadRefused", NULL);
		return;
	}
	json_object_set_new(o, "pending_neighbors", view_pending(c->d));
	put_number(o, "confirm_left_s", configure_confirm_left_s(c->d));
	view_put_messages(o, c->d->conf, VIEW_MESSAGES_MAX);
	call_reply(c, o);
}

const char *config_origin(const struct call *c, const char *what)
{
	static char text[HISTORY_ORIGIN_MAX];
	snprintf(text, sizeof(text), "%.80s by uid %u", what, (unsigned)c->uid);
	return text;
}

/* The parameter "reset". False: answered. */
static bool take_reset(struct call *c, bool *reset)
{
	const char *text = request_text(&c->request, "reset");

	*reset = text && strcmp(text, "yes") == 0;
	if (!text || *reset || strcmp(text, "no") == 0)
		return true;
	call_bad_parameter(c, "reset", "it is yes or no");
	return false;
}

/* The parameter "confirm_s". False: answered. */
static bool take_confirm(struct call *c, unsigned *seconds)
{
	const char *text = request_text(&c->request, "confirm_s");
	char *end;
	unsigned long n = text ? strtoul(text, &end, 10) : 0;

	*seconds = (unsigned)n;
	if (!text || (!*end && text[0] >= '1' && text[0] <= '9' && n <= CONFIRM_MAX_S))
		return true;
	call_bad_parameter(c, "confirm_s", "seconds, from 1 to 86400");
	return false;
}

void confirm_start(struct call *c)
{
	if (configure_confirm(c->d))
		call_reply(c, json_object());
	else
		call_error(c, "io.bgpd-lite.NothingToConfirm", NULL);
}

void reload_start(struct call *c)
{
	struct configure_ask ask = {.origin = config_origin(c, "reload")};

	if (!take_reset(c, &ask.reset) || !take_confirm(c, &ask.confirm_s))
		return;
	configure_reload(c->d, &ask);
	config_reply(c);
}

/* How many changes ago: 1 where it is not given. False: answered. */
static bool take_back(struct call *c, size_t *back)
{
	const char *text = request_text(&c->request, "back");
	char *end;
	unsigned long n = text ? strtoul(text, &end, 10) : 1;

	if (text && (*end || text[0] < '0' || text[0] > '9' || n == 0 || n >= HISTORY_MAX)) {
		call_bad_parameter(c, "back", "a number from 1 to 19");
		return false;
	}
	if (n >= c->d->history.n) {
		call_not_found(c, "configuration", text ? text : "1");
		return false;
	}
	*back = n;
	return true;
}

void rollback_start(struct call *c)
{
	struct configure_ask ask = {.origin = config_origin(c, "rollback")};
	size_t back;

	if (!take_back(c, &back) || !take_reset(c, &ask.reset))
		return;
	if (configure_back(c->d, back, &ask))
		config_reply(c);
	else
		call_error(c, "io.bgpd-lite.ReloadRefused", NULL);
}

enum call_progress history_step(struct call *c)
{
	size_t i = c->index++;
	json_t *o = json_object();

	if (i >= c->d->history.n) {
		json_decref(o);
		return CALL_DONE;
	}
	const struct history_entry *e = &c->d->history.entries[i];
	put_number(o, "back", i);
	put_number(o, "number", e->number);
	put_number(o, "at_s", e->at_realtime_ns / 1000000000);
	put_text(o, "origin", e->origin);
	put_number(o, "files", e->files);
	batch_add(&c->batch, 0, o);
	return CALL_MORE;
}

/* That configuration as text; NULL: it is not whole. */
static char *dump_of(const struct daemon *d, const struct history_entry *e)
{
	struct conf_arena *a = conf_arena_new();
	struct conf_history h;
	char *text = NULL;
	bool usable;

	if (conf_history_decode(a, e->text, e->len, &h)) {
		struct conf *then = site_build(d, h.texts, h.texts_n, &usable);
		text = conf_dump(then);
		conf_free(then);
	}
	conf_arena_free(a);
	return text;
}

void config_diff_start(struct call *c)
{
	size_t back;

	if (!take_back(c, &back))
		return;
	char *then = dump_of(c->d, &c->d->history.entries[back]), *now = conf_dump(c->d->conf);
	c->config = then && now ? conf_dump_diff(then, now) : NULL;
	free(then);
	free(now);
	if (c->config)
		return;
	c->out->err = true;
	c->answered = true;
}
