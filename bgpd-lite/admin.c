/* What an operator does to one neighbour. */
#include <stdio.h>
#include <string.h>

#include "bgpd-lite/neighbor.h"
#include "lib/clock.h"
#include "lib/log.h"

bool neighbor_is_shutdown(const struct neighbor *n)
{
	bool drained = n->daemon->drain.state == DRAIN_CLOSED && !n->conf->local_speaker;
	return n->conf->shutdown || n->admin_down || drained;
}

const char *neighbor_shutdown_text(const struct neighbor *n)
{
	if (n->admin_message[0])
		return n->admin_message;
	return n->conf->shutdown || n->admin_down ? NULL : n->daemon->drain.text;
}

static void note(struct neighbor *n, const char *what, const char *message)
{
	log_event(LOG_LEVEL_INFO, LOG_ID_ADMIN, "%s neighbor=\"%s\" by=operator message=\"%s\"",
		what, n->conf->name, message);
	events_add(&n->daemon->events, clock_realtime_ns(), EVENT_ADMIN, n->conf->name, "%s%s%s",
		what, message[0] ? ": " : "", message);
}

/* The same configuration under the new administrative state. */
static void again(struct neighbor *n)
{
	struct filter *import = n->import ? filter_ref(n->import) : NULL;

	neighbor_configure(n, n->conf, n->vrf, import, CONF_CHANGE_LIVE, false);
}

void neighbors_administered(struct daemon *d)
{
	for (size_t i = 0; i < d->neighbors_n; i++)
		again(d->neighbors[i]);
	listeners_sync(d);
}

void neighbor_shutdown(struct neighbor *n, const char *message)
{
	char plain[4 * ADMIN_MESSAGE_MAX + 1];

	n->admin_down = true;
	snprintf(n->admin_message, sizeof(n->admin_message), "%s", message);
	note(n, "shutdown", log_escape(message, strlen(message), plain, sizeof(plain)));
	again(n);
	listeners_sync(n->daemon);
}

void neighbor_enable(struct neighbor *n)
{
	n->admin_down = false;
	n->admin_message[0] = 0;
	note(n, "enabled", "");
	again(n);
	listeners_sync(n->daemon);
}

static void refresh(struct neighbor *n, const struct session_info *info)
{
	static const uint32_t families[] = {BGP_FAMILY_IPV4, BGP_FAMILY_IPV6};
	uint8_t message[BGP_MESSAGE_MAX];

	rib_peer_import(n->daemon->rib, n->peer, n->import);
	for (size_t i = 0; i < 2 && info->peer.route_refresh; i++)
		if (info->families & families[i])
			session_send(n->session, message,
				bgp_route_refresh_encode(
					families[i], BGP_REFRESH_REQUEST, message));
	fibc_kick(n->daemon);
}

bool neighbor_clear(struct neighbor *n, bool soft)
{
	struct session_info info;

	if (soft && !neighbor_is_up(n))
		return false;
	session_info(n->session, &info);
	note(n, soft ? "cleared soft" : "cleared", "");
	if (soft)
		refresh(n, &info);
	else if (neighbor_is_up(n))
		session_reset(n->session, BGP_CEASE_ADMIN_RESET, SESSION_DOWN_LOCAL);
	else
		again(n); /* also after a limit that stopped it, or want of memory */
	listeners_sync(n->daemon);
	if (!soft && !n->waiting[0] && !neighbor_is_shutdown(n))
		session_kick(n->session);
	return true;
}
