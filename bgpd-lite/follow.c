/* Neighbours that name an interface and no VRF are in the VRF of that interface, wherever it goes:
 * one that moves is another neighbour, which takes over what an operator did to it. */
#include <stdlib.h>
#include <string.h>

#include "bgpd-lite/neighbor.h"
#include "lib/log.h"

static const struct conf_vrf *vrf_of(const struct daemon *d, const struct conf *c, const char *name)
{
	const struct host *host = rib_host(d->rib);
	const struct fib_link *l = host_link_by_name(host, name);
	uint32_t ifindex = l ? host_link_vrf(host, l->ifindex) : 0;
	const struct fib_link *device = ifindex ? host_link_by_index(host, ifindex) : NULL;

	for (size_t i = 0; device && i < c->vrfs_n; i++)
		if (strcmp(c->vrfs[i].device, device->name) == 0)
			return &c->vrfs[i];
	return &c->vrfs[0];
}

void follow_interfaces(const struct daemon *d, struct conf *c)
{
	for (size_t i = 0; i < c->neighbors_n; i++)
		if (c->neighbors[i].vrf_of_interface)
			c->neighbors[i].vrf = vrf_of(d, c, c->neighbors[i].interface);
}

static void move(struct daemon *d, struct neighbor **at, const struct conf_vrf *vrf)
{
	struct conf_neighbor *c = &d->conf->neighbors[(*at)->conf - d->conf->neighbors];
	struct filter *import = (*at)->import ? filter_ref((*at)->import) : NULL;
	struct neighbor *n = neighbor_new(d);
	int slot = vrf_slot_find(d, vrf->name);

	if (!n)
		abort();
	log_info("neighbor moves neighbor=\"%s\" vrf=%s was=%s", c->name, vrf->name, c->vrf->name);
	n->admin_down = (*at)->admin_down;
	memcpy(n->admin_message, (*at)->admin_message, sizeof(n->admin_message));
	neighbor_free(*at);
	*at = n;
	c->vrf = vrf;
	neighbor_configure(n, c, (uint16_t)(slot < 0 ? 0 : slot), slot < 0 ? NULL : import,
		CONF_CHANGE_LIVE, false);
	if (slot < 0)
		filter_put(import);
}

bool follow_links_changed(struct daemon *d)
{
	bool moved = false;

	for (size_t i = 0; i < d->neighbors_n; i++) {
		const struct conf_neighbor *c = d->neighbors[i]->conf;
		const struct conf_vrf *vrf =
			c->vrf_of_interface ? vrf_of(d, d->conf, c->interface) : c->vrf;
		if (vrf == c->vrf)
			continue;
		move(d, &d->neighbors[i], vrf);
		moved = true;
	}
	return moved;
}
