/* The nftables table of `bgpd-litectl return-rules`. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bgpd-lite/daemon.h"
#include "conf/text.h"

/* Names in quotes, each once. */
struct names {
	char text[1024];
	size_t len;
};

static void names_add(struct names *n, const char *name)
{
	char quoted[CONF_INTERFACE_NAME_MAX + 4];
	snprintf(quoted, sizeof(quoted), "\"%.15s\"", name);
	if (strstr(n->text, quoted) || n->len + sizeof(quoted) + 2 > sizeof(n->text))
		return;
	n->len += (size_t)snprintf(
		n->text + n->len, sizeof(n->text) - n->len, "%s%s", n->len ? ", " : "", quoted);
}

/* The interface that a neighbour outside a VRF device is reached through, NULL: not known now. */
static const struct fib_link *link_of(const struct host *h, const struct conf_neighbor *n)
{
	struct prefix connected;
	bool own;
	const struct fib_link *hint = host_link_by_name(h, n->interface);
	if (n->address.family == ADDR_NONE)
		return hint;
	uint32_t ifindex =
		host_resolve(h, 0, n->address, hint ? hint->ifindex : 0, &connected, &own);
	return ifindex ? host_link_by_index(h, ifindex) : NULL;
}

/* The interfaces through which packets of a VRF come in. A VRF device receives what its members
 * receive; without a device they are those whose networks have the VRF's neighbours. */
static struct names ingress(const struct daemon *d, const struct conf_vrf *v)
{
	struct names names = {0};

	if (v->device[0])
		names_add(&names, v->device);
	for (size_t i = 0; !v->device[0] && i < d->conf->neighbors_n; i++) {
		const struct conf_neighbor *n = &d->conf->neighbors[i];
		const struct fib_link *l = n->vrf == v ? link_of(rib_host(d->rib), n) : NULL;
		if (l)
			names_add(&names, l->name);
	}
	return names;
}

static void add_save(const struct daemon *d, const struct conf_vrf *v, struct conf_string *s)
{
	struct names names = ingress(d, v);

	if (names.len == 0)
		conf_string_add(s, "\t\t# vrf %s: no interface of it is known now\n", v->name);
	else
		conf_string_add(s,
			"\t\tiifname { %s } ct state new ct direction original "
			"ct mark set ct mark & 0x%08" PRIx32 " | 0x%08" PRIx32 " # vrf %s\n",
			names.text, ~v->return_fwmask, v->return_fwmark, v->name);
}

static void add_restore(const struct conf_vrf *v, const char *only, struct conf_string *s)
{
	conf_string_add(s,
		"\t\tct direction reply %sct mark & 0x%08" PRIx32 " == 0x%08" PRIx32
		" meta mark set meta mark & 0x%08" PRIx32 " | 0x%08" PRIx32 "\n",
		only, v->return_fwmask, v->return_fwmark, ~v->return_fwmask, v->return_fwmark);
}

char *rules_nftables(const struct daemon *d)
{
	const struct conf *c = d->conf;
	struct conf_string s = {0};

	conf_string_add(&s, "# Answers leave by the VRF through which the request came in.\n"
			    "table inet bgpd_lite_return {}\n"
			    "delete table inet bgpd_lite_return\n"
			    "table inet bgpd_lite_return {\n"
			    "\tchain prerouting {\n"
			    "\t\ttype filter hook prerouting priority mangle; policy accept;\n");
	for (size_t i = 0; i < c->vrfs_n; i++)
		if (c->vrfs[i].return_fwmark)
			add_save(d, &c->vrfs[i], &s);
	for (size_t i = 0; i < c->vrfs_n; i++)
		if (c->vrfs[i].return_fwmark)
			add_restore(&c->vrfs[i], "", &s);
	conf_string_add(&s, "\t}\n\tchain output {\n"
			    "\t\ttype route hook output priority mangle; policy accept;\n");
	for (size_t i = 0; i < c->vrfs_n; i++)
		if (c->vrfs[i].return_fwmark)
			add_restore(&c->vrfs[i], "ct status dnat ", &s);
	conf_string_add(&s, "\t}\n}\n");
	return conf_string_take(&s);
}
