/* `doctor`: what of this host stands in the daemon's way, each with the command that mends it. Run
 * in the daemon's network namespace. Reads /proc and asks the kernel and the daemon; changes
 * nothing. */
#include "bgpd-lite/ctl/own.h"

#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bgpd-lite/ctl/doctor.h"
#include "bgpd-lite/ctl/get.h"
#include "bgpd-lite/ctl/kernel_ask.h"

enum {
	RMEM_WANTED = 4 * 1024 * 1024, /* what the bfd process asks for */
	TABLES_MAX = 256,
	PROTOCOL_BGP = 186,
	DEFAULT_UNREACHABLE = 7, /* RTN_UNREACHABLE */
};

void doctor_find(json_t *findings, const char *check, const char *mend, const char *format, ...)
{
	struct text t = {0};
	char text[400];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	text_plain(&t, text);
	json_array_append_new(findings,
		json_pack("{ss,ss,ss}", "check", check, "text", t.s ? t.s : "", "mend", mend));
	text_free(&t);
}

/* -1: this kernel has no such setting */
static long sysctl_read(const char *key)
{
	char path[160], line[64] = "";
	snprintf(path, sizeof(path), "/proc/sys/%s", key);
	FILE *f = fopen(path, "re");
	if (!f)
		return -1;
	bool there = fgets(line, sizeof(line), f) != NULL;
	fclose(f);
	return there ? strtol(line, NULL, 10) : -1;
}

static void check_settings(json_t *findings)
{
	long rmem = sysctl_read("net/core/rmem_max");

	if (sysctl_read("net/ipv4/fib_multipath_hash_policy") == 0)
		doctor_find(findings, "fib_multipath_hash_policy",
			"sysctl -w net.ipv4.fib_multipath_hash_policy=1",
			"IPv4 flows between the same two addresses all take one gateway");
	if (sysctl_read("net/ipv6/fib_multipath_hash_policy") == 0)
		doctor_find(findings, "fib_multipath_hash_policy",
			"sysctl -w net.ipv6.fib_multipath_hash_policy=1",
			"IPv6 flows between the same two addresses all take one gateway");
	if (sysctl_read("net/ipv4/nexthop_compat_mode") == 1)
		doctor_find(findings, "nexthop_compat_mode",
			"sysctl -w net.ipv4.nexthop_compat_mode=0",
			"a gateway that returns makes the kernel tell of each of its routes: up to "
			"a second at a million");
	if (rmem >= 0 && rmem < RMEM_WANTED)
		doctor_find(findings, "rmem_max", "sysctl -w net.core.rmem_max=4194304",
			"only %ld bytes of BFD packets may wait while this node is busy", rmem);
}

/* The kernel uses the larger of `all` and the interface's own. */
static void check_rp_filter(json_t *findings)
{
	long all = sysctl_read("net/ipv4/conf/all/rp_filter");
	DIR *d = opendir("/proc/sys/net/ipv4/conf");
	struct dirent *e;

	while (d && (e = readdir(d))) {
		char key[300], mend[340];
		if (e->d_name[0] == '.' || strcmp(e->d_name, "all") == 0 ||
			strcmp(e->d_name, "default") == 0 || strcmp(e->d_name, "lo") == 0)
			continue;
		snprintf(key, sizeof(key), "net/ipv4/conf/%s/rp_filter", e->d_name);
		long own = sysctl_read(key);
		if ((own > all ? own : all) != 1)
			continue;
		snprintf(mend, sizeof(mend), "sysctl -w net/ipv4/conf/%s/rp_filter=2", e->d_name);
		doctor_find(findings, "rp_filter", mend,
			"%s drops packets whose answer would leave by another interface",
			e->d_name);
	}
	if (d)
		closedir(d);
}

/* ---- what the daemon says of its VRFs, and the kernel of their tables ---- */

static void check_fallthrough(json_t *findings, const json_t *vrf)
{
	struct nlread_route routes[KERNEL_ROUTES_MAX];
	struct prefix any = {.addr = addr_v4(0)};
	int n = kernel_routes(&any, (uint32_t)get_number(vrf, "table"), routes, KERNEL_ROUTES_MAX);
	bool there = n < 0;

	for (int i = 0; i < n; i++)
		there = there || routes[i].type == DEFAULT_UNREACHABLE;
	if (!there)
		doctor_find(findings, "fallthrough", "systemctl restart bgpd-lite",
			"table %d of VRF %s has no unreachable default: what it does not know "
			"leaves by table main",
			(int)get_number(vrf, "table"), get_text(vrf, "name"));
}

static void check_flushed(json_t *findings, const json_t *vrf)
{
	char mend[200];

	snprintf(mend, sizeof(mend), "bgpd-litectl flush vrf %s --undo", get_text(vrf, "name"));
	if (get_number(vrf, "flushed_at_s"))
		doctor_find(findings, "flushed", mend,
			"the routes of VRF %s were withdrawn by an operator and are held back",
			get_text(vrf, "name"));
}

static void check_vrf(json_t *findings, const json_t *vrf)
{
	const char *device = get_text(vrf, "device");
	char mend[200];

	check_flushed(findings, vrf);
	if (!get_bool(vrf, "ready")) {
		snprintf(mend, sizeof(mend),
			"ip link add %s type vrf table TABLE && ip link set %s up", device, device);
		doctor_find(findings, "vrf", mend, "VRF %s has no device %s", get_text(vrf, "name"),
			device);
	} else if (!get_bool(vrf, "fallthrough")) {
		check_fallthrough(findings, vrf);
	} else if (device[0]) {
		snprintf(
			mend, sizeof(mend), "in [vrf %s]: fallthrough = no", get_text(vrf, "name"));
		doctor_find(findings, "fallthrough", mend,
			"what VRF %s does not know leaves by table main", get_text(vrf, "name"));
	}
}

/* Where routes have their next hops themselves, they look like those of others. */
static void check_owners(json_t *findings, const json_t *status)
{
	uint32_t tables[TABLES_MAX];
	struct kernel_counts c = {.tables = tables, .tables_max = TABLES_MAX};

	const char *mode = get_text(json_object_get(status, "fib"), "nexthop_mode");

	if (strcmp(mode, "multipath") != 0 && kernel_count(PROTOCOL_BGP, &c) == 0 && c.foreign)
		doctor_find(findings, "owners",
			"ip route show table all proto bgp, and in the other program another "
			"protocol",
			"%llu routes of protocol bgp do not use our nexthop objects: another "
			"program writes them",
			(unsigned long long)c.foreign);
}

static void print_findings(const json_t *findings)
{
	size_t i;
	const json_t *f;

	json_array_foreach(findings, i, f) printf("%s: %s\n    mend: %s\n", get_text(f, "check"),
		get_text(f, "text"), get_text(f, "mend"));
	if (json_array_size(findings) == 0)
		printf("Nothing to mend.\n");
}

json_t *doctor_findings(const char *path)
{
	enum exchange_result result;
	json_t *findings = json_array();
	json_t *vrfs = own_ask(path, "io.bgpd-lite.ShowVrfs", &result);
	json_t *status = vrfs ? own_ask(path, "io.bgpd-lite.Status", &result) : NULL;
	size_t i;
	const json_t *vrf;

	check_settings(findings);
	check_rp_filter(findings);
	json_array_foreach(json_object_get(vrfs, "vrfs"), i, vrf) check_vrf(findings, vrf);
	doctor_rules(findings, status, json_object_get(vrfs, "vrfs"));
	check_owners(findings, status);
	doctor_processes(findings, path, result == EXCHANGE_DONE);
	json_decref(vrfs);
	json_decref(status);
	return json_pack("{so}", "findings", findings);
}

int doctor_run(const char *path, bool json)
{
	json_t *o = doctor_findings(path);
	const json_t *findings = json_object_get(o, "findings");
	bool clean = json_array_size(findings) == 0;

	if (json) {
		json_dumpf(o, stdout, JSON_INDENT(2));
		printf("\n");
	} else {
		print_findings(findings);
	}
	json_decref(o);
	return fflush(stdout) == 0 && clean ? 0 : 1;
}
