#include "tests/unit/ctl/fake.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bgpd-lite/bgp/fsm.h"
#include "bgpd-lite/configure.h"
#include "bgpd-lite/site.h"
#include "bgpd-lite/contribute.h"
#include "bgpd-lite/when.h"
#include "bgpd-lite/plan.h"
#include "conf/files.h"
#include "conf/dump.h"
#include "lib/clock.h"

enum {
	AGE_MS = 3725000, /* one hour, two minutes and some: the same text for half a minute */
	PATHS_MAX = 2000,
	RED = 3, /* its slot */
	BLUE = 4,
};

struct fake fake;

char *rules_nftables(const struct daemon *d)
{
	return strdup("table inet bgpd_lite_return {\n}\n");
}

struct session {
	struct session_info info;
};
static struct session sessions[2];

/* ---- configuration ---- */

static struct conf_vrf vrfs[] = {
	{.name = "default", .origin = {"/etc/bgpd-lite/bgpd-lite.conf", 0}, .table = 254},
	{.name = "red", .origin = {"/etc/bgpd-lite/bgpd-lite.conf", 9}, .device = "vrf-red"},
};
static struct conf_prefix_list services = {.name = "dc-services",
	.contributor = "bgpd-lite",
	.origin = {"/etc/bgpd-lite/bgpd-lite.conf", 20}};
static struct conf_step steps[] = {{.list = &services}};
static struct conf_chain chains[] = {{.contributor = "bgpd-lite",
	.origin = {"/etc/bgpd-lite/bgpd-lite.conf", 33},
	.steps_n = 1,
	.steps = steps}};
static struct conf_prefix_rule rules[2];
static const struct conf_bfd_profile fast = {.name = "fast",
	.transmit_interval_us = 50000,
	.receive_interval_us = 50000,
	.detect_multiplier = 3};
static struct conf_neighbor neighbors[3];
static const struct conf_aside aside[] = {
	{"[neighbor 192.0.2.1 vrf red]", {"/etc/bgpd-lite/conf.d/dns.conf", 3}, false},
	{"[announce dns]", {"/etc/bgpd-lite/conf.d/dns.conf", 9}, true}};
static struct conf_contributor contributors[] = {
	{.name = "bgpd-lite", .file = "/etc/bgpd-lite/bgpd-lite.conf", .owner = true},
	{.name = "metallb",
		.file = "/etc/bgpd-lite/conf.d/metallb.conf",
		.quarantined = true,
		.last_good = true},
	{.name = "web",
		.file = "/usr/lib/bgpd-lite/conf.d/web.conf",
		.masked_by = "/etc/bgpd-lite/conf.d/web.conf"},
	{.name = "storage",
		.file = "/etc/bgpd-lite/conf.d/storage.conf",
		.unmatched = "interface = bond1.*",
		.unmatched_line = 2},
	{.name = "dns", .file = "/etc/bgpd-lite/conf.d/dns.conf", .aside_n = 2, .aside = aside},
};
static struct conf_announcement announcements[] = {
	{.name = "web",
		.contributor = "bgpd-lite",
		.origin = {"/etc/bgpd-lite/bgpd-lite.conf", 40}},
	{.name = "svc",
		.contributor = "metallb",
		.origin = {"/etc/bgpd-lite/conf.d/metallb.conf", 2}},
};
static struct conf_message messages[] = {
	{.origin = {"/etc/bgpd-lite/conf.d/metallb.conf", 4},
		.contributor = "metallb",
		.error = true,
		.text = "unknown key 'inport', did you mean 'import'?"},
};

static struct addr address(const char *text)
{
	struct addr a = {0};
	addr_parse(text, &a);
	return a;
}

static void fill_neighbor_conf(struct conf_neighbor *c, const char *name, const char *text)
{
	*c = (struct conf_neighbor){.address = address(text),
		.vrf = &vrfs[1],
		.name = name,
		.origin = {"/etc/bgpd-lite/bgpd-lite.conf", 30},
		.description = "",
		.local_as = 64512,
		.remote_as = 65001,
		.port = 179,
		.ebgp_multihop = 1,
		.hold_time_s = 90,
		.connect_retry_time_s = 5,
		.idle_hold_time_s = 1,
		.families = CONF_FAMILY_IPV4};
}

static void fill_conf(void)
{
	fill_neighbor_conf(&neighbors[0], "192.0.2.1 vrf red", "192.0.2.1");
	neighbors[0].description = "DCGW A";
	neighbors[0].families = CONF_FAMILY_IPV4 | CONF_FAMILY_IPV6;
	neighbors[0].imports_n = 1;
	neighbors[0].imports = chains;
	neighbors[0].import_origin = chains[0].origin;
	neighbors[0].bfd = &fast;
	neighbors[0].password_file = "dcgw-a.key";
	neighbors[0].maximum_prefix = 2000;
	neighbors[0].maximum_prefix_action = CONF_LIMIT_BLOCK;
	neighbors[0].allow_as_in = 2;
	neighbors[0].extended_nexthop = true;
	neighbors[0].add_path = CONF_ADD_PATH_RECEIVE;
	neighbors[0].graceful = CONF_GRACEFUL_FULL;
	fill_neighbor_conf(&neighbors[1], "192.0.2.2 vrf red", "192.0.2.2");
	neighbors[1].remote_as = 0;
	neighbors[1].remote_as_kind = CONF_REMOTE_AS_EXTERNAL;
	fill_neighbor_conf(&neighbors[2], "2001:db8::9", "2001:db8::9");
	rules[0] = (struct conf_prefix_rule){.prefix = prefix_make(address("203.0.112.0"), 20),
		.ge = 24,
		.le = 24,
		.permit = true,
		.origin = {"/etc/bgpd-lite/bgpd-lite.conf", 21}};
	rules[1] = (struct conf_prefix_rule){.prefix = prefix_make(address("203.0.113.0"), 24),
		.ge = 24,
		.le = 32,
		.origin = {"/etc/bgpd-lite/bgpd-lite.conf", 22}};
	services.rules = rules;
	services.rules_n = 2;
	neighbors[2].vrf = &vrfs[0];
	neighbors[2].remote_as = 0;
	fake.conf = (struct conf){.bgp = {.local_as = 64512},
		.vrfs_n = 2,
		.vrfs = vrfs,
		.lists_n = 1,
		.lists = &services,
		.neighbors_n = 3,
		.neighbors = neighbors,
		.announcements_n = 2,
		.announcements = announcements,
		.contributors_n = 5,
		.contributors = contributors,
		.messages_n = 1,
		.messages = messages};
}

/* ---- neighbours ---- */

static void fill_established(struct session_info *i, uint64_t now)
{
	*i = (struct session_info){.state = FSM_ESTABLISHED,
		.since_ms = now - AGE_MS,
		.last_down_ms = now - 2 * AGE_MS,
		.last_down = "hold timer expired",
		.notification_sent = "Hold Timer Expired",
		.local = address("192.0.2.11"),
		.local_port = 40001,
		.remote_port = 179,
		.hold_time_s = 30,
		.keepalive_time_s = 10,
		.families = BGP_FAMILY_IPV4,
		.extended_next_hop = BGP_FAMILY_IPV4,
		.add_path = BGP_FAMILY_IPV4,
		.peer = {.hold_time_s = 30,
			.as = 65001,
			.id = address("10.0.0.1"),
			.families = BGP_FAMILY_IPV4,
			.graceful = {.present = true,
				.time_s = 120,
				.families = BGP_FAMILY_IPV4,
				.forwarding = BGP_FAMILY_IPV4},
			.capabilities = {[0] = 1 << 1 | 1 << 2, [8] = 1 << 1, [16] = 1 << 0}},
		.counters = {
			.faults = {[0] = {[BGP_UPDATE_RESET] = 1},
				[BGP_ATTRIBUTE_AGGREGATOR] = {[BGP_UPDATE_DISCARD_ATTRIBUTE] = 12,
					[BGP_UPDATE_WITHDRAW] = 3},
				[SESSION_FAULT_OTHERS] = {[BGP_UPDATE_RESET] = 2}},
			.in = {120, 1, 19, 0, 100, 0},
			.out = {103, 1, 2, 0, 100, 0},
			.in_bytes = 5000,
			.out_bytes = 2300,
			.established_n = 2,
			.dropped_n = 1}};
}

static void fill_bfd(struct neighbor *n, uint64_t now)
{
	n->bfd_id = 7;
	n->bfd_told = true;
	n->bfd_asked = (struct bfd_msg_set){.device = "vrf-red",
		.tx_us = 50000,
		.rx_us = 50000,
		.multiplier = 3,
		.local = address("192.0.2.11"),
		.remote = address("192.0.2.1")};
	n->bfd = (struct bfd_msg_state){.id = 7,
		.state = BFD_STATE_UP,
		.old_state = BFD_STATE_INIT,
		.remote_state = BFD_STATE_INIT,
		.remote_diag = BFD_DIAG_TIME_EXPIRED,
		.at_ns = (now - AGE_MS) * 1000000,
		.last_rx_ns = (now - AGE_MS) * 1000000 - 2500,
		.detection_ns = 3000000000};
	n->bfd_stats = (struct bfd_msg_stats){.id = 7,
		.state = BFD_STATE_UP,
		.remote_state = BFD_STATE_UP,
		.multiplier = 3,
		.remote_multiplier = 3,
		.local_discr = 1001,
		.remote_discr = 2002,
		.tx_interval_us = 50000,
		.remote_tx_us = 33333,
		.remote_rx_us = 50000,
		.detection_us = 150000,
		.state_since_ns = (now - AGE_MS) * 1000000,
		.rx_packets = 111750,
		.tx_packets = 74500,
		.rx_dropped = 4,
		.rx_refused = 11,
		.drops =
			{[BFD_DROP_TTL] = 10, [BFD_DROP_NO_SESSION] = 1, [BFD_DROP_WRONG_PATH] = 4},
		.up_n = 1,
		.down_late_n = 1,
		.wake_late_max_us = 2000,
		.wake_late_sum_us = 300,
		.wake_n = 3,
		.tx_late_max_us = 1234,
		.tx_late_sum_us = 7450000};
}

static void fill_neighbors(void)
{
	uint64_t now = clock_ms();

	for (size_t i = 0; i < 3; i++) {
		fake.list[i] = &fake.neighbors[i];
		fake.neighbors[i] = (struct neighbor){.daemon = &fake.d,
			.out.number = (uint16_t)i,
			.conf = &neighbors[i],
			.address = neighbors[i].address,
			.peer = RIB_NO_PEER,
			.vrf = i < 2 ? RED : 0};
	}
	fill_established(&sessions[0].info, now);
	sessions[1].info = (struct session_info){.state = FSM_ACTIVE,
		.since_ms = now - AGE_MS,
		.wait_reason = "connection refused, tried again in 3 s"};
	fake.neighbors[0].session = &sessions[0];
	fake.neighbors[0].peer = 0;
	fake.neighbors[0].end_of_rib = BGP_FAMILY_IPV4;
	fill_bfd(&fake.neighbors[0], now);
	fake.neighbors[0].feed.follower = (struct rib_follower *)&fake; /* passed around only */
	fake.neighbors[1].session = &sessions[1];
	fake.neighbors[1].pending = true;
	snprintf(fake.neighbors[2].waiting, sizeof(fake.neighbors[2].waiting),
		"no remote-as is given");
}

/* One prefix of two contributors that the first neighbour was told of, one for nobody. */
static int swallow(void *arg, const void *bytes, size_t len)
{
	return 0;
}

static void fill_announcements(void)
{
	static const uint8_t large[12] = {0, 0, 0xfc};
	static struct adj_out *table;
	struct adj_out_peers both = {{3}}, second = {{2}}, nobody = {{0}};
	static const uint8_t rt[8] = {0, 2, 0xfc, 0, 0, 0, 0, 80};
	struct attr_view v = {.has_med = true,
		.med = 30,
		.ext_communities = {rt, 8},
		.large_communities = {large, 12}};
	struct bgp_update_to to = {.next_hop = {address("192.0.2.11")}};
	struct prefix p = prefix_make(address("198.51.100.10"), 32);
	struct prefix q = prefix_make(address("198.51.100.11"), 32);

	adj_out_free(table);
	table = adj_out_new(1);
	fake.table = table;
	const struct attrs *web =
		attr_get(adj_out_attrs(table), &v, to.next_hop[1], to.next_hop[1]);
	v = (struct attr_view){.has_local_pref = true, .local_pref = 250};
	const struct attrs *other =
		attr_get(adj_out_attrs(table), &v, to.next_hop[1], to.next_hop[1]);
	adj_out_begin(table);
	uint32_t first = adj_out_offer(table, web, &both, 0);
	adj_out_add(table, first, &p);
	adj_out_add(table, adj_out_offer(table, other, &second, 1), &p);
	adj_out_add(table, adj_out_offer(table, other, &nobody, 1), &q);
	adj_out_commit(table);
	adj_out_peer_up(table, 0, BGP_FAMILY_IPV4);
	adj_out_flush(table, 0, &to, swallow, NULL);
	adj_out_export(table, 1, filter_new());
}

const char *unnumbered_waits(const struct neighbor *n)
{
	(void)n;
	return "";
}

size_t speaker_permitted(const struct neighbor *n)
{
	return 1;
}

size_t conf_bytes(const struct conf *c)
{
	return 65536;
}

size_t conf_files_bytes(const struct conf_files *f)
{
	return 16384;
}

size_t speaker_echoes(const struct neighbor *n)
{
	return 0;
}

const char *when_waits(
	const struct daemon *d, const struct conf_announcement *c, const struct prefix *p)
{
	return p->addr.b[3] == 11 ? "the file does not exist" : "";
}

struct adj_out *announcer_table(const struct announcer *a)
{
	return fake.table;
}

static char fake_entry[] =
	"bgpd-lite history 1\nat 1\norigin start\ntext 0 bgpd-lite bgpd-lite.conf\n\nend\n";

void fake_init(struct ev_loop *loop, const char *run_dir)
{
	uint64_t now = clock_ms();

	memset(&fake, 0, sizeof(fake));
	fake.routes_n = 3;
	fake.paths_n = 2;
	fake.bfd_answers = true;
	fill_conf();
	fill_neighbors();
	fill_announcements();
	fake.d.loop = loop;
	fake.d.options.run_dir = run_dir;
	fake.d.conf = &fake.conf;
	fake.d.neighbors = fake.list;
	fake.d.neighbors_n = 3;
	/* slots of the RIB, not in the order of the configuration */
	strcpy(fake.d.vrfs[0].name, "default");
	strcpy(fake.d.vrfs[RED].name, "red");
	strcpy(fake.d.vrfs[RED].set.device, "vrf-red");
	fake.d.router_id = address("10.0.0.11");
	fake.d.started_ms = now - AGE_MS;
	fake.d.applied = true;
	fake.d.started_realtime_ns = 1000000000000000000;
	events_add(&fake.d.events, 1000000000000000000, EVENT_DAEMON, "", "started, 3 neighbours");
	events_add(&fake.d.events, 1000000001500000000, EVENT_SESSION, "192.0.2.1 vrf red",
		"Established, AS 65001");
	fake.d.history = (struct history){.n = 2,
		.entries = {{.number = 12,
				    .at_realtime_ns = 1000000005000000000,
				    .origin = "reload by uid 0",
				    .files = 3,
				    .text = fake_entry,
				    .len = sizeof(fake_entry) - 1},
			{.number = 11,
				.at_realtime_ns = 1000000000000000000,
				.origin = "start",
				.files = 1,
				.text = fake_entry,
				.len = sizeof(fake_entry) - 1}}};
	fake.d.stall = (struct stall){.n = 1, .longest_ns = 71500000};
	fake.d.fibc = (struct fib_client){.synced = true,
		.packets_sent = 12,
		.packets_done = 12,
		.resyncs = 3,
		.repairs = {.n = 2, .sum_us = 60812, .within = {0, 0, 1, 1, 1, 1, 1, 1, 2, 2}},
		.last_repair = {.head = {.type = FIB_MSG_REPAIRED},
			.messages = 1,
			.gateways = 1,
			.cause = FIB_CAUSE_BFD,
			.at_ns = (now - AGE_MS) * 1000000,
			.done_ns = (now - AGE_MS) * 1000000 + 412000}};
}

/* ---- what the other files of the daemon define ---- */

/* lib/clock.h, ten days ahead, so that a host that has just started can have old sessions. */
uint64_t clock_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return ((uint64_t)t.tv_sec + 864000) * 1000000000 + (uint64_t)t.tv_nsec;
}

uint64_t clock_ms(void)
{
	return clock_ns() / 1000000;
}

void configure_reload(struct daemon *d, const struct configure_ask *ask)
{
	fake.reloads++;
	fake.confirm_s = ask->confirm_s;
	d->reload = (struct reload_result){
		.at_realtime_ns = fake.reload_fails ? 0 : 1000000000000000000,
		.changed = 1,
		.pending = 1};
}

void daemon_stop(struct daemon *d, int exit_code, bool withdraw)
{
	fake.flushes += exit_code == 0 && withdraw;
}

void bfdc_query(struct daemon *d)
{
	fake.queries++;
	if (fake.bfd_answers)
		fake.neighbors[0].bfd_stats_ms = clock_ms();
}

bool liveness_is_shared(const struct neighbor *n)
{
	(void)n;
	return false;
}

struct neighbor *neighbor_by_name(struct daemon *d, const char *name)
{
	for (size_t i = 0; i < d->neighbors_n; i++)
		if (strcmp(d->neighbors[i]->conf->name, name) == 0)
			return d->neighbors[i];
	return NULL;
}

void session_info(const struct session *s, struct session_info *out)
{
	*out = s->info;
}

size_t session_bytes(const struct session *s)
{
	return 64 << 10;
}

struct ration_bound budget_bound(const struct daemon *d, enum budget_kind kind)
{
	bool is = kind == BUDGET_LIMIT;
	return (struct ration_bound){is ? 200 << 20 : 0, is ? 190 << 20 : 0};
}

const char *budget_name(enum budget_kind kind)
{
	return kind == BUDGET_LIMIT ? "memory-limit" : "another";
}

struct host *rib_host(struct rib *r)
{
	return NULL;
}

static const struct fib_link links[] = {{.ifindex = 4, .vrf_table = 1001, .name = "vrf-red"},
	{.ifindex = 5, .master = 4, .name = "bond0.100"}};

const struct fib_link *host_link_by_index(const struct host *h, uint32_t ifindex)
{
	return ifindex == 4 || ifindex == 5 ? &links[ifindex - 4] : NULL;
}

const struct fib_link *host_link_by_name(const struct host *h, const char *name)
{
	return strcmp(name, links[0].name) == 0 ? &links[0] : NULL;
}

uint32_t host_link_vrf(const struct host *h, uint32_t ifindex)
{
	return ifindex == 5 ? 4 : 0;
}

bool host_link_usable(const struct fib_link *l)
{
	return l->ifindex == 5;
}

size_t host_links(const struct host *h, const struct fib_link **out)
{
	*out = links;
	return 2;
}

size_t host_addresses(const struct host *h, const struct fib_address **out)
{
	static struct fib_address all[1];

	all[0] = (struct fib_address){.ifindex = 5, .addr = address("192.0.2.11"), .len = 24};
	*out = all;
	return 1;
}

char *conf_dump(const struct conf *c)
{
	if (c != &fake.conf) /* an earlier one */
		return strdup("[bgp]\nlocal-as = 64511 ; x:2\ndescription = a ; b ; default\n");
	return strdup("[bgp]\nlocal-as = 64512 ; /etc/bgpd-lite/bgpd-lite.conf:2\n"
		      "description = a ; b ; default\n");
}

bool configure_confirm(struct daemon *d)
{
	bool waits = fake.confirm_s;
	fake.confirm_s = 0;
	return waits;
}

struct conf *site_build(
	const struct daemon *d, const struct conf_text *texts, size_t n, bool *usable)
{
	return conf_build(texts, n, NULL, usable);
}

unsigned configure_confirm_left_s(const struct daemon *d)
{
	return fake.confirm_s;
}

bool configure_back(struct daemon *d, size_t back, const struct configure_ask *ask)
{
	fake.backs += (unsigned)back;
	configure_reload(d, ask);
	d->held = true;
	return true;
}

/* "bad" is in error, "masked" is masked, "gone" is not there, "full" cannot be written */
static enum contribute_result contribute(struct contribute *c)
{
	static const struct {
		const char *name;
		enum contribute_result result;
		const char *why;
	} results[] = {{"metallb", CONTRIBUTE_REFUSED, ""},
		{"masked", CONTRIBUTE_MASKED, "/etc/bgpd-lite/conf.d/masked.conf"},
		{"gone", CONTRIBUTE_ABSENT, ""}, {"held", CONTRIBUTE_HELD, ""},
		{".dot", CONTRIBUTE_BAD_NAME, ""},
		{"full", CONTRIBUTE_NO_PLACE, "No space left on device"}};

	for (size_t i = 0; i < sizeof(results) / sizeof(results[0]); i++) {
		if (strcmp(results[i].name, c->name) != 0)
			continue;
		snprintf(c->why, sizeof(c->why), "%s", results[i].why);
		return results[i].result;
	}
	return CONTRIBUTE_DONE;
}

enum contribute_result contribute_place(
	struct daemon *d, struct contribute *c, const char *text, size_t len)
{
	enum contribute_result r = contribute(c);
	fake.text_len = len;
	if (r == CONTRIBUTE_REFUSED)
		c->refused = &fake.conf;
	return r;
}

enum contribute_result contribute_remove(struct daemon *d, struct contribute *c)
{
	return contribute(c);
}

enum contribute_result contribute_disable(struct daemon *d, struct contribute *c)
{
	contributors[0].disabled = true;
	return contribute(c);
}

enum contribute_result contribute_enable(struct daemon *d, struct contribute *c)
{
	contributors[0].disabled = false;
	return contribute(c);
}

/* ---- a plan: with a text that is "same" nothing changes, with one that is "bad" it is in error */

static struct conf_neighbor planned[3];

static void plan_sessions(struct plan *p)
{
	static struct plan_session sessions_planned[4];
	const struct plan_session all[] = {{PLAN_CHANGED, &neighbors[0], &planned[0], true,
						   CONF_DIFF_BIT(CONF_KEY_NEIGHBOR_BFD_PROFILE) |
							   CONF_DIFF_BIT(CONF_KEY_NEIGHBOR_IMPORT),
						   0},
		{PLAN_RESET, &neighbors[1], &planned[1], false,
			CONF_DIFF_BIT(CONF_KEY_NEIGHBOR_REMOTE_AS),
			CONF_DIFF_BIT(CONF_KEY_NEIGHBOR_REMOTE_AS)},
		{PLAN_REMOVED, &neighbors[2], NULL, true, 0, 0},
		{PLAN_ADDED, NULL, &planned[2], false, 0, 0}};

	memcpy(planned, neighbors, sizeof(planned));
	planned[0].bfd = NULL;
	planned[2].name = "2001:db8::10";
	memcpy(sessions_planned, all, sizeof(all));
	p->sessions = sessions_planned;
	p->sessions_n = 4;
}

static void plan_others(struct plan *p)
{
	static struct plan_interface interface = {PLAN_REMOVED, "bond0.100"};
	static struct plan_vrf vrf = {PLAN_ADDED, NULL, &vrfs[1]};
	static struct plan_prefix prefix;
	static struct plan_announced announced;

	prefix = (struct plan_prefix){RED, prefix_make(address("203.0.113.0"), 24), RIB_TRIAL_LOST};
	announced = (struct plan_announced){prefix_make(address("198.51.100.10"), 32), 2, 0};
	p->interfaces = &interface;
	p->vrfs = &vrf;
	p->prefixes = &prefix;
	p->announced = &announced;
	p->interfaces_n = p->vrfs_n = p->prefixes_n = p->announced_n = 1;
	p->outcomes[RED][RIB_TRIAL_LOST] = 7;
	p->outcomes[RED][RIB_TRIAL_CHANGED] = 1;
	p->announced_gained = 1;
	p->rules = (struct plan_rules){2, 1};
	p->notes[p->notes_n++] = "always-block changes";
}

struct plan *plan_new(struct daemon *d, struct plan_text *texts, size_t n)
{
	static struct conf good;
	static struct plan p;
	bool same = n && strcmp(texts[0].text, "same\n") == 0;
	bool bad = n && strcmp(texts[0].text, "bad\n") == 0;

	good = fake.conf;
	good.contributors_n = 1;
	good.messages_n = 0;
	p = (struct plan){.d = d,
		.next = bad ? &fake.conf : &good,
		.usable = true,
		.texts = texts,
		.texts_n = n};
	fake.planned = 3;
	fake.text_len = 0;
	for (size_t i = 0; i < n; i++)
		fake.text_len += texts[i].len;
	if (!same && !bad) {
		plan_sessions(&p);
		plan_others(&p);
	}
	return &p;
}

bool plan_run(struct plan *p, unsigned budget)
{
	return --fake.planned != 0;
}

bool plan_changes(const struct plan *p)
{
	return p->sessions_n;
}

bool plan_session_ends(const struct plan_session *s)
{
	return s->change == PLAN_REMOVED;
}

bool plan_ends_sessions(const struct plan *p)
{
	return p->sessions_n;
}

void plan_free(struct plan *p)
{
	for (size_t i = 0; p && i < p->texts_n; i++) {
		free(p->texts[i].name);
		free(p->texts[i].text);
	}
	if (p)
		free(p->texts);
}

bool neighbor_clear(struct neighbor *n, bool soft)
{
	fake.cleared += soft ? 100 : 1;
	return !soft || n->peer != RIB_NO_PEER;
}

void neighbor_shutdown(struct neighbor *n, const char *message)
{
	n->admin_down = true;
	snprintf(n->admin_message, sizeof(n->admin_message), "%s", message);
}

bool neighbor_is_shutdown(const struct neighbor *n)
{
	return n->admin_down;
}

void drain_begin(struct daemon *d, const char *text)
{
	d->drain.state = DRAIN_ANNOUNCED;
	d->drain.until_ms = clock_ms() + 9500;
	snprintf(d->drain.text, sizeof(d->drain.text), "%s", text);
}

void drain_undo(struct daemon *d)
{
	d->drain.state = DRAIN_NONE;
}

void neighbor_enable(struct neighbor *n)
{
	n->admin_down = false;
	n->admin_message[0] = 0;
}

/* The same time for the golden pages: of the RIB there is nothing to tell. */
void flush_vrf(struct daemon *d, uint16_t vrf)
{
	d->vrfs[vrf].flushed_realtime_ns = 1000000001500000000;
}

void flush_undo(struct daemon *d, uint16_t vrf)
{
	d->vrfs[vrf].flushed_realtime_ns = 0;
}

/* The routes of the golden pages but the one that the kernel refused. */
uint64_t rib_vrf_installed(const struct rib *r, uint16_t index)
{
	return index == RED && !fake.d.vrfs[index].flushed_realtime_ns ? fake.routes_n - 1 : 0;
}

uint32_t rib_vrf_table(const struct rib *r, uint16_t index)
{
	return index == 0 ? 254 : 1001;
}

void rib_count(const struct rib *r, struct rib_counts *out)
{
	*out = (struct rib_counts){.prefixes = fake.routes_n,
		.paths = fake.routes_n * fake.paths_n,
		.installed = 1,
		.failed = 1,
		.unresolved = 3,
		.groups = 2,
		.gateways = 2};
}

void rib_memory(const struct rib *r, struct rib_memory *out)
{
	*out = (struct rib_memory){.prefixes = 64 << 20,
		.paths = (size_t)3 << 30,
		.next_hops = 1500,
		.attributes = 1 << 20,
		.groups = 1023,
		.fixed = 2048};
}

const struct rib_drift *rib_drift(const struct rib *r)
{
	static const struct rib_drift drift = {
		.n = {[FIB_DRIFT_DELETED] = 3, [FIB_DRIFT_MISSING] = 1}};
	(void)r;
	return &drift;
}

void rib_peer_count(const struct rib *r, uint16_t peer, struct rib_peer_counts *out)
{
	*out = (struct rib_peer_counts){.received = 3, .accepted = 2, .received_family = {2, 1}};
}

size_t rib_gateways(const struct rib *r, struct rib_gateway_view *out, size_t max)
{
	const struct rib_gateway_view all[] = {{.gateway = 1,
						       .ifindex = 5,
						       .addr = address("192.0.2.1"),
						       .usable = true,
						       .reason = "",
						       .holders = 1},
		{.gateway = 2,
			.ifindex = 6,
			.addr = address("192.0.2.2"),
			.usable = true,
			.reason = "",
			.holders = 1}};
	size_t n = max < 2 ? max : 2;
	memcpy(out, all, n * sizeof(all[0]));
	return n;
}

size_t rib_next_hops_down(const struct rib *r, struct rib_gateway_view *out, size_t max)
{
	if (!max)
		return 0;
	out[0] = (struct rib_gateway_view){
		.ifindex = 6, .addr = address("192.0.2.3"), .reason = "carrier lost", .holders = 1};
	return 1;
}

size_t rib_next_hops(const struct rib *r, struct rib_next_hop_view *out, size_t max)
{
	const struct rib_next_hop_view all[] = {
		{.peer_name = "192.0.2.1 vrf red",
			.vrf = RED,
			.address = address("10.255.0.1"),
			.far = true,
			.gateway = address("192.0.2.1"),
			.ifindex = 5,
			.route = prefix_make(address("10.255.0.0"), 24),
			.why_text = "",
			.paths = 1000},
		{.peer_name = "192.0.2.2 vrf red",
			.vrf = RED,
			.address = address("10.255.1.1"),
			.far = true,
			.gateway = address("10.255.1.1"),
			.why = RIB_WHY_NEXT_HOP_UNRESOLVED,
			.why_text = "the kernel has no route to it",
			.paths = 3}};
	size_t n = max < 2 ? max : 2;
	memcpy(out, all, n * sizeof(all[0]));
	return n;
}

size_t rib_groups(const struct rib *r, struct rib_group_view *out, size_t max)
{
	const struct rib_group_view all[] = {
		{.group = 11, .id = {.live = {2, {1, 2}, {240, 96}}}, .prefixes = 1000},
		{.group = 12,
			.id = {.live = {1, {1}, {1}}, .fallback = {1, {2}, {1}}},
			.prefixes = 7}};
	size_t n = max < 2 ? max : 2;
	memcpy(out, all, n * sizeof(all[0]));
	return n;
}

const char *rib_why_text(enum rib_why w)
{
	return w == RIB_WHY_DENIED ? "denied by import" : "another reason";
}

struct filter_verdict filter_explain(
	const struct filter *f, const struct prefix *p, const struct attrs *a)
{
	return (struct filter_verdict){.contributor = "bgpd-lite",
		.list = "dc-services",
		.file = "/etc/bgpd-lite/bgpd-lite.conf",
		.line = 21};
}

void rib_path_explain(
	struct rib *r, const struct rib_route_view *v, size_t i, struct rib_path_reason *out)
{
	bool used = v->paths[i].why == RIB_USED;

	*out = (struct rib_path_reason){.has_import = true,
		.import = {.permit = used,
			.contributor = "bgpd-lite",
			.list = "dc-services",
			.file = "/etc/bgpd-lite/bgpd-lite.conf",
			.line = used ? 21 : 22},
		.connected = prefix_make(address("192.0.2.0"), 24),
		.ebgp = true,
		.lost = v->paths[i].multipath || !used ? RIB_LOST_NOT : 2,
		.lost_to = v->paths[i].multipath || !used ? "" : v->paths[0].peer_name};
}

/* The first route was passed on. */
bool rib_follow_has(
	struct rib *r, const struct rib_follower *f, uint16_t vrf, const struct prefix *p)
{
	return addr_u32(p->addr) == 0xcb007100;
}

enum rib_follow_fate rib_follow_explain(struct rib *r, const struct rib_follower *f,
	const struct prefix *p, struct filter_verdict *export)
{
	*export = (struct filter_verdict){.contributor = "bgpd-lite",
		.list = "own",
		.file = "/etc/bgpd-lite/bgpd-lite.conf",
		.line = 24};
	return rib_follow_has(r, f, 1, p) ? RIB_FOLLOW_TOLD : RIB_FOLLOW_DENIED;
}

void rib_follow_count(const struct rib_follower *f, struct rib_follow_counts *out)
{
	*out = (struct rib_follow_counts){{1, 0}, 2};
}

const char *rib_lost_text(uint8_t lost)
{
	return lost ? "longer AS path" : "";
}

const char *attr_path_text(const struct attrs *a, char *out, size_t capacity)
{
	snprintf(out, capacity, "%u 65100", a->first_as);
	return out;
}

const char *attr_large_communities_text(const struct attrs *a, char *out, size_t capacity)
{
	snprintf(out, capacity, "65001:1:2");
	return out;
}

const char *attr_communities_text(const struct attrs *a, char *out, size_t capacity)
{
	snprintf(out, capacity, "65001:100");
	return out;
}

/* Route i: 203.0.113.0/24 counted down from the highest, so that the client has to sort; the second
 * was refused by the kernel, of the third the only permitted path is not the first neighbour's. */
static void visit_route(
	size_t i, void (*visit)(void *arg, const struct rib_route_view *v), void *arg)
{
	static struct rib_path_view paths[PATHS_MAX];
	static const struct attrs attrs = {
		.first_as = 65001, .local_pref = 100, .med = 5, .flags = ATTR_HAS_MED};
	static const struct attrs other = {.first_as = 65002, .local_pref = 100};
	bool failed = i % 3 == 1, waiting = i % 3 == 2;

	for (size_t k = 0; k < fake.paths_n && k < PATHS_MAX; k++)
		paths[k] = (struct rib_path_view){.peer = (uint16_t)k,
			.vrf = k ? BLUE : RED,
			.vrf_name = k ? "blue" : "red",
			.path_id = k == 1 ? 7 : 0,
			.peer_name = k ? "192.0.2.2 vrf red" : "192.0.2.1 vrf red",
			.attrs = k ? &other : &attrs,
			.why = waiting && k == 1 ? RIB_WHY_DENIED : RIB_USED,
			.why_text = "",
			.local_pref = 100,
			.med = 5,
			.has_med = k == 0,
			.rule = {.list = "dc-services",
				.file = "/etc/bgpd-lite/bgpd-lite.conf",
				.line = 21},
			.best = k == 0,
			.multipath = k == 0 || !waiting,
			.weight = waiting  ? k == 0
				  : failed ? 1
				  : k      ? 96
					   : 240,
			.bandwidth = waiting ? 0
				     : k     ? 1.25e9f
					     : 3.125e9f,
			.bad_bandwidth = waiting && k == 1,
			.next_hop = address(k ? "192.0.2.2" : "192.0.2.1"),
			.ifindex = k ? 6 : 5};
	struct addr a = addr_v4((uint32_t)(0xcb007100 + (fake.routes_n - 1 - i) * 256));
	visit(arg, &(struct rib_route_view){.vrf = RED,
			   .prefix = prefix_make(a, 24),
			   .state = failed    ? RIB_STATE_FAILED
				    : waiting ? RIB_STATE_WAITING
					      : RIB_STATE_INSTALLED,
			   .table = 1001,
			   .group = 11,
			   .kernel = {.source = i ? (struct addr){0} : address("10.0.0.11"),
				   .metric = i ? 0 : 50},
			   .error = failed ? 22 : 0,
			   .error_text = failed ? "Invalid argument" : "",
			   .paths_n = fake.paths_n,
			   .paths = paths});
}

bool rib_walk(struct rib *r, uint16_t vrf, struct rib_cursor *c, unsigned budget,
	void (*visit)(void *arg, const struct rib_route_view *v), void *arg)
{
	if (vrf == 0)
		return false;
	for (; budget && c->position[0] < fake.routes_n; budget--)
		visit_route(c->position[0]++, visit, arg);
	return c->position[0] < fake.routes_n;
}

struct rib_ordered {
	uint16_t vrf;
	struct prefix within;
};

struct rib_ordered *rib_ordered_new(uint16_t vrf, const struct prefix *within)
{
	struct rib_ordered *o = calloc(1, sizeof(*o));
	if (o) {
		o->vrf = vrf;
		o->within = within ? *within : prefix_make(addr_v4(0), 0);
	}
	fake.walked = 0;
	return o;
}

void rib_ordered_free(struct rib_ordered *o)
{
	free(o);
}

bool rib_ordered_walk(struct rib *r, struct rib_ordered *o, unsigned budget,
	void (*visit)(void *arg, const struct rib_route_view *v), void *arg)
{
	if (o->vrf == 0)
		return false;
	for (; budget && fake.walked < fake.routes_n; budget--) {
		size_t i = fake.walked++;
		struct addr a = addr_v4((uint32_t)(0xcb007100 + i * 256));
		if (prefix_contains(o->within, prefix_make(a, 24)))
			visit_route((uint32_t)(fake.routes_n - 1 - i), visit, arg);
	}
	return fake.walked < fake.routes_n;
}

bool rib_look(struct rib *r, uint16_t vrf, const struct prefix *p,
	void (*visit)(void *arg, const struct rib_route_view *v), void *arg)
{
	if (vrf != RED || p->len != 24)
		return false;
	uint32_t i = (addr_u32(p->addr) - 0xcb007100) / 256;
	if (i >= fake.routes_n)
		return false;
	visit_route(fake.routes_n - 1 - i, visit, arg);
	return true;
}
