/* ClearNeighbor, ShutdownNeighbor, EnableNeighbor, Drain, Undrain, FlushVrf, RestoreVrf. */
#include "bgpd-lite/ctl/call.h"

#include <string.h>

#include "bgpd-lite/ctl/put.h"
#include "lib/clock.h"

static struct neighbor *the_neighbor(struct call *c)
{
	const char *name = request_text(&c->request, "neighbor");
	struct neighbor *n = name ? call_find_neighbor(c->d, name) : NULL;

	if (!name)
		call_bad_parameter(c, "neighbor", "is needed");
	else if (!n)
		call_not_found(c, "neighbor", name);
	return n;
}

static void done(struct call *c, const struct neighbor *n, const char *what)
{
	json_t *o = json_object();
	put_text(o, "neighbor", n->conf->name);
	put_text(o, "done", what);
	call_reply(c, o);
}

void clear_start(struct call *c)
{
	const char *soft = request_text(&c->request, "soft");
	bool is_soft = soft && strcmp(soft, "yes") == 0;
	struct neighbor *n = the_neighbor(c);

	if (!n)
		return;
	if (soft && !is_soft && strcmp(soft, "no") != 0)
		call_bad_parameter(c, "soft", "it is yes or no");
	else if (!neighbor_clear(n, is_soft))
		call_error(c, "io.bgpd-lite.NotEstablished", NULL);
	else
		done(c, n,
			is_soft ? "its paths are judged again, its routes asked for again where it "
				  "can do that"
				: "its session starts anew");
}

/* False: it cannot be told to a peer, and was refused. */
static bool take_message(struct call *c, const char **message)
{
	const char *m = request_text(&c->request, "message");

	if (m && strlen(m) > ADMIN_MESSAGE_MAX) {
		call_bad_parameter(c, "message", "longer than 255 bytes");
		return false;
	}
	*message = m ? m : "";
	return true;
}

void shutdown_start(struct call *c)
{
	struct neighbor *n = the_neighbor(c);
	const char *message;

	if (!n || !take_message(c, &message))
		return;
	neighbor_shutdown(n, message);
	done(c, n, "it is shut down, over reloads, until it is enabled");
}

void enable_start(struct call *c)
{
	struct neighbor *n = the_neighbor(c);

	if (!n)
		return;
	neighbor_enable(n);
	done(c, n, n->conf->shutdown ? "enabled, but the configuration shuts it down" : "enabled");
}

void drain_start(struct call *c)
{
	const char *message;

	if (!take_message(c, &message))
		return;
	drain_begin(c->d, message);
	call_reply(c, view_drain(c->d, clock_ms()));
}

void undrain_start(struct call *c)
{
	drain_undo(c->d);
	call_reply(c, view_drain(c->d, clock_ms()));
}

static bool the_vrf(struct call *c, uint16_t *vrf)
{
	const char *name = request_text(&c->request, "vrf");

	if (!name)
		call_bad_parameter(c, "vrf", "is needed");
	return name && call_find_vrf(c, name, vrf);
}

/* As it is before something is done. */
static json_t *flush_view(const struct daemon *d, uint16_t vrf)
{
	json_t *o = json_object();

	put_text(o, "vrf", d->vrfs[vrf].name);
	put_number(o, "installed", rib_vrf_installed(d->rib, vrf));
	view_put_flushed(o, &d->vrfs[vrf]);
	return o;
}

void flush_vrf_start(struct call *c)
{
	const char *yes = request_text(&c->request, "yes");
	uint16_t vrf;

	if (!the_vrf(c, &vrf))
		return;
	json_t *o = flush_view(c->d, vrf);
	if (!yes || strcmp(yes, "yes") != 0) {
		call_error(c, "io.bgpd-lite.YesNeeded", o);
		return;
	}
	flush_vrf(c->d, vrf);
	view_put_flushed(o, &c->d->vrfs[vrf]);
	call_reply(c, o);
}

void restore_vrf_start(struct call *c)
{
	uint16_t vrf;

	if (!the_vrf(c, &vrf))
		return;
	json_t *o = flush_view(c->d, vrf);
	flush_undo(c->d, vrf);
	call_reply(c, o);
}
