/* Contribute, RemoveContribution, DisableContributor, EnableContributor. */
#include "bgpd-lite/ctl/call.h"

#include <string.h>

#include "bgpd-lite/configure.h"
#include "bgpd-lite/contribute.h"
#include "bgpd-lite/ctl/put.h"

static const struct conf_contributor *find(const struct conf *c, const char *name)
{
	for (size_t i = 0; i < c->contributors_n; i++)
		if (!c->contributors[i].masked_by && strcmp(c->contributors[i].name, name) == 0)
			return &c->contributors[i];
	return NULL;
}

/* The contributor as it is now, null: there is none; and what the reload did. */
static void reply_done(struct call *c, const char *name)
{
	const struct conf_contributor *k = find(c->d->conf, name);
	json_t *o = json_object();

	json_object_set_new(
		o, "contributor", k ? view_contributor_detail(c->d->conf, k) : json_null());
	json_object_set_new(o, "reload", view_reload(c->d));
	call_reply(c, o);
}

static void reply_refused(struct call *c, const struct contribute *x)
{
	const struct conf_contributor *k = find(x->refused, x->name);
	json_t *o = json_object(), *detail = k ? view_contributor_detail(x->refused, k) : NULL;

	put_text(o, "name", x->name);
	json_object_set(o, "messages", json_object_get(detail, "messages"));
	json_decref(detail);
	call_error(c, "io.bgpd-lite.ContributionRefused", o);
}

static void reply_error(struct call *c, const char *error, const char *key, const char *value)
{
	json_t *o = json_object();
	put_text(o, key, value);
	call_error(c, error, o);
}

static void answer(struct call *c, struct contribute *x, enum contribute_result r)
{
	switch (r) {
	case CONTRIBUTE_DONE:
		reply_done(c, x->name);
		break;
	case CONTRIBUTE_BAD_NAME:
		call_bad_parameter(
			c, "name", "letters, digits and -_.@+: alone, 63 at most, no dot first");
		break;
	case CONTRIBUTE_REFUSED:
		reply_refused(c, x);
		break;
	case CONTRIBUTE_MASKED:
		reply_error(c, "io.bgpd-lite.ContributionMasked", "file", x->why);
		break;
	case CONTRIBUTE_HELD:
		call_error(c, "io.bgpd-lite.ConfigurationHeld", NULL);
		break;
	case CONTRIBUTE_ABSENT:
		call_not_found(c, "contributor", x->name);
		break;
	case CONTRIBUTE_NO_PLACE:
		reply_error(c, "io.bgpd-lite.NotWritten", "reason", x->why);
		break;
	}
	conf_free(x->refused);
}

static bool begin(struct call *c, struct contribute *x, const char *what)
{
	x->name = request_text(&c->request, "name");
	x->origin = config_origin(c, what);
	if (x->name)
		return true;
	call_bad_parameter(c, "name", "is needed");
	return false;
}

void contribute_start(struct call *c)
{
	const char *text = request_text(&c->request, "text");
	struct contribute x = {0};

	if (!begin(c, &x, "contribute"))
		return;
	if (text)
		answer(c, &x, contribute_place(c->d, &x, text, strlen(text)));
	else
		call_bad_parameter(c, "text", "is needed");
}

void remove_contribution_start(struct call *c)
{
	struct contribute x = {0};
	if (begin(c, &x, "contribute --remove"))
		answer(c, &x, contribute_remove(c->d, &x));
}

void disable_contributor_start(struct call *c)
{
	struct contribute x = {0};
	if (begin(c, &x, "contributor disable"))
		answer(c, &x, contribute_disable(c->d, &x));
}

void enable_contributor_start(struct call *c)
{
	struct contribute x = {0};
	if (begin(c, &x, "contributor enable"))
		answer(c, &x, contribute_enable(c->d, &x));
}
