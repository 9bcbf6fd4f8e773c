/* Why a path fared as it did: the filters' words, and the step of the decision that it lost. */
#include "rib/state.h"

const char *rib_lost_text(uint8_t lost)
{
	switch (lost) {
	case RIB_LOST_NOT:
		return "";
	case DECIDE_VRF:
		return "imported from another VRF, and the VRF has paths of its own";
	case DECIDE_STALE:
		return "long-lived stale, and another is not";
	case DECIDE_LOCAL_PREF:
		return "lower local preference";
	case DECIDE_AS_PATH:
		return "longer AS path";
	case DECIDE_ORIGIN:
		return "worse origin";
	case DECIDE_MED:
		return "higher MED";
	case DECIDE_EBGP:
		return "internal, and an external path is there";
	case DECIDE_ROUTER_ID:
		return "higher router-id";
	case DECIDE_CLUSTER_LIST:
		return "longer cluster list";
	case DECIDE_PEER_ADDRESS:
		return "higher address of the neighbour";
	case DECIDE_PATH_ID:
		return "higher path identifier";
	case RIB_LOST_MULTIPATH_RELAX:
		return "another neighbouring AS, and multipath-relax is off";
	case RIB_LOST_MAXIMUM_PATHS:
		return "maximum-paths are in use";
	case RIB_LOST_NO_BANDWIDTH:
		return "no link bandwidth, and bestpath-bandwidth is skip-missing";
	default:
		return "unknown";
	}
}

static size_t usable_paths(const struct rib_route_view *v)
{
	size_t n = 0;
	while (n < v->paths_n && v->paths[n].why == RIB_USED)
		n++;
	return n;
}

static const struct candidate *candidate_of(const struct rib *r, size_t n, uint32_t path)
{
	for (size_t i = 0; i < n; i++)
		if (r->candidate[i].tag == path)
			return &r->candidate[i];
	return NULL;
}

/* Steps that keep a path out of the live set; the later ones choose one among equals. */
static bool keeps_out(int step)
{
	return step < 0 && -step <= DECIDE_EBGP;
}

static void lost_to(const struct rib *r, const struct candidate *winner, uint8_t step,
	struct rib_path_reason *out)
{
	uint16_t n = rib_path(r, winner->tag)->nexthop;

	out->lost = step;
	out->lost_to = r->peers[rib_nexthop(r, n)->peer].is.name;
}

/* The best path is asked first; with MED another one may have beaten it. */
static void explain_loss(
	const struct rib *r, const struct candidate *c, size_t n, struct rib_path_reason *out)
{
	for (int only_best = 1; only_best >= 0; only_best--)
		for (size_t i = 0; i < n; i++) {
			const struct candidate *other = &r->candidate[i];
			bool best = (other->decided & DECIDED_BEST) != 0;
			int step = decide_compare(c, other);
			if (best == (only_best != 0) && keeps_out(step)) {
				lost_to(r, other, (uint8_t)-step, out);
				return;
			}
		}
	out->lost = RIB_LOST_MAXIMUM_PATHS;
}

void rib_path_explain(
	struct rib *r, const struct rib_route_view *v, size_t i, struct rib_path_reason *out)
{
	const struct rib_path_view *p = &v->paths[i];
	const struct peer *peer = &r->peers[p->peer];
	struct table *t = r->vrfs[p->vrf].family[v->prefix.addr.family == ADDR_V6];
	const struct filter *list = p->vrf == v->vrf ? NULL : leak_list(r, v->vrf, p->vrf);
	const struct filter *deny = r->vrfs[p->vrf].deny;
	uint32_t *link = path_find(r, t, table_find(t, &v->prefix), p->peer, p->path_id);
	const struct nexthop *n = rib_nexthop(r, rib_path(r, *link)->nexthop);
	size_t usable = usable_paths(v);
	const struct candidate *c = candidate_of(r, usable, *link);

	*out = (struct rib_path_reason){.ebgp = peer->is.ebgp, .lost_to = ""};
	out->has_import = peer->import != NULL;
	if (peer->import)
		out->import = filter_explain(peer->import, &v->prefix, p->attrs);
	out->has_leak = list != NULL;
	if (list)
		out->leak = filter_explain(list, &v->prefix, p->attrs);
	if (p->why == RIB_WHY_DENY_IMPORT &&
		!(deny && filter_permits(deny, &v->prefix, NULL, NULL)))
		deny = r->vrfs[v->vrf].deny;
	out->has_deny = deny != NULL;
	if (deny)
		out->deny = filter_explain(deny, &v->prefix, p->attrs);
	out->has_ceiling = n->ceiling != NULL;
	if (n->ceiling)
		out->ceiling = filter_explain(n->ceiling, &v->prefix, p->attrs);
	out->far = n->far != 0;
	if (n->ifindex)
		out->connected = n->connected;
	if (p->why != RIB_USED || !c || c->decided & DECIDED_LIVE)
		return;
	explain_loss(r, c, usable, out);
	if (out->lost != RIB_LOST_MAXIMUM_PATHS)
		return;
	if (r->vrfs[v->vrf].is.bandwidth == DECIDE_BANDWIDTH_SKIP_MISSING && c->bandwidth <= 0 &&
		v->paths[0].bandwidth > 0)
		out->lost = RIB_LOST_NO_BANDWIDTH;
	else if (!r->vrfs[v->vrf].is.multipath_relax &&
		 v->paths[0].attrs->first_as != p->attrs->first_as)
		out->lost = RIB_LOST_MULTIPATH_RELAX;
}
