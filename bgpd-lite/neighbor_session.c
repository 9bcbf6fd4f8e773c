/* What a neighbour's session needs to start, and why it waits. */
#include <stdio.h>
#include <string.h>

#include "bgpd-lite/neighbor.h"
#include "lib/log.h"

/* Why the session is not started: three parts of one sentence. */
static bool wait_for(struct neighbor *n, const char *before, const char *what, const char *after)
{
	char why[sizeof(n->waiting)];
	snprintf(why, sizeof(why), "%s%s%s", before, what, after);
	if (strcmp(why, n->waiting) != 0)
		log_info("neighbor waits neighbor=\"%s\" reason=\"%s\"", n->conf->name, why);
	memcpy(n->waiting, why, sizeof(why));
	return false;
}

/* What the session needs, or false with n->waiting set. */
static bool session_wants(struct neighbor *n, struct session_conf *out)
{
	const struct conf_neighbor *c = n->conf;
	const struct daemon *d = n->daemon;
	const struct fib_link *link = NULL;
	char why[sizeof(n->waiting)];
	bool ready;
	int key_len;

	*out = (struct session_conf){.name = c->name,
		.address = n->address,
		.unnumbered = c->address.family == ADDR_NONE,
		.update_source = c->update_source,
		.port = c->port,
		.local_as = c->local_as,
		.remote_as = c->remote_as,
		.external = c->remote_as_kind == CONF_REMOTE_AS_EXTERNAL,
		.internal = c->remote_as_kind == CONF_REMOTE_AS_INTERNAL,
		.router_id = d->router_id,
		.hold_time_s = c->hold_time_s,
		.keepalive_time_s = c->keepalive_time_s,
		.send_hold_time_s = c->send_hold_time_s,
		.connect_retry_time_s = c->connect_retry_time_s,
		.idle_hold_time_s = c->idle_hold_time_s,
		.families = (c->families & CONF_FAMILY_IPV4 ? BGP_FAMILY_IPV4 : 0u) |
			    (c->families & CONF_FAMILY_IPV6 ? BGP_FAMILY_IPV6 : 0u),
		.extended_next_hop = c->extended_nexthop,
		.add_path = c->add_path == CONF_ADD_PATH_RECEIVE && !c->local_speaker,
		.passive = c->passive || c->local_speaker || !neighbor_address_known(n),
		.enhanced_refresh = !c->local_speaker,
		.extended_message = c->extended_message,
		.role = (uint8_t)c->role,
		.role_strict = c->role_strict,
		.long_lived = c->long_lived_stale_time_s > 0,
		.any_next_hop = c->local_speaker,
		.ttl_security = c->ttl_security,
		.hops = c->ebgp_multihop};
	memcpy(out->interface, c->interface, sizeof(out->interface));
	uint32_t vrf_ifindex = neighbor_vrf_ifindex(n, &ready);
	if (c->vrf->device[0])
		memcpy(out->device, c->vrf->device, sizeof(out->device));
	if (!ready)
		return wait_for(n, "the VRF device ", c->vrf->device, " does not exist");
	if (c->interface[0]) {
		link = host_link_by_name(rib_host(d->rib), c->interface);
		if (!link)
			return wait_for(n, "the interface ", c->interface, " does not exist");
		if (host_link_vrf(rib_host(d->rib), link->ifindex) != vrf_ifindex)
			return wait_for(n, "the interface ", c->interface, " is in another VRF");
	}
	if (n->ration.held)
		return wait_for(n, "", n->ration.why, "");
	if (n->limit_stopped)
		return wait_for(
			n, "maximum-prefix was reached; ", "raise it", " or use reload --reset");
	if (c->local_as == 0)
		return wait_for(n, "", "no local-as is given in [bgp]", "");
	if (c->remote_as == 0 && !out->external && !out->internal)
		return wait_for(n, "", "no remote-as is given by any file", "");
	if (d->router_id.family == ADDR_NONE)
		return wait_for(n, "", "there is no router-id: give one in [bgp]", "");
	if (c->update_source_interface[0]) {
		link = host_link_by_name(rib_host(d->rib), c->update_source_interface);
		if (!link || !host_link_address(rib_host(d->rib), link->ifindex,
				     (enum addr_family)n->address.family, &out->update_source))
			return wait_for(
				n, "update-source ", c->update_source_interface, " has no address");
	}
	key_len = key_read(d, c->password_file, out->password, why, sizeof(why));
	if (key_len < 0)
		return wait_for(n, "", why, "");
	out->password_len = (uint8_t)key_len;
	n->waiting[0] = 0;
	return true;
}

/* It runs with other settings than those that it is to have. Where it cannot have them now, it
 * waits for that at its next start. */
static bool is_pending(const struct neighbor *n, bool can)
{
	struct session_info info;
	struct graceful_said said = graceful_said(n->conf);

	session_info(n->session, &info);
	if (info.state != FSM_ESTABLISHED)
		return false;
	return !can || session_outdated(n->session) || memcmp(&said, &n->said, sizeof(said)) != 0;
}

void neighbor_session_configure(struct neighbor *n)
{
	struct session_conf want;
	bool can = session_wants(n, &want);

	if (can || !neighbor_is_up(n))
		session_configure(n->session, &want);
	n->held = can && !neighbor_is_shutdown(n) && !neighbor_is_up(n) && liveness_holds(n);
	n->pending = is_pending(n, can);
	graceful_say(n);
	if (neighbor_is_shutdown(n))
		session_stop(n->session, BGP_CEASE_ADMIN_SHUTDOWN, neighbor_shutdown_text(n));
	else if (n->held)
		session_stop(n->session, BGP_CEASE_BFD_DOWN, NULL);
	else if (can)
		session_start(n->session);
	else if (!neighbor_is_up(n))
		session_stop(n->session, 0, NULL);
	explicit_bzero(want.password, sizeof(want.password));
}
