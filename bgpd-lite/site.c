#include "bgpd-lite/site.h"

#include <net/if.h>
#include <stdlib.h>
#include <unistd.h>

#include "bgpd-lite/daemon.h"
#include "rib/host.h"

enum {
	HOST_MAX = 256,
};

/* host of the options, or this host's, written to own. */
static const char *host_of(const struct daemon_options *o, char own[HOST_MAX])
{
	if (o->host)
		return o->host;
	if (gethostname(own, HOST_MAX) < 0)
		own[0] = 0;
	own[HOST_MAX - 1] = 0;
	return own;
}

static const char **names_new(size_t n)
{
	const char **names = calloc(n + 1, sizeof(*names));
	if (!names)
		abort();
	return names;
}

/* The caller frees ->interfaces. */
static struct conf_site site_of(const struct daemon *d, char own[HOST_MAX])
{
	const struct fib_link *links = NULL;
	size_t n = d->rib ? host_links(rib_host(d->rib), &links) : 0;
	const char **names = names_new(n);

	for (size_t i = 0; i < n; i++)
		names[i] = links[i].name;
	return (struct conf_site){host_of(&d->options, own), n, names};
}

struct conf *site_build(
	const struct daemon *d, const struct conf_text *texts, size_t n, bool *usable)
{
	char own[HOST_MAX];
	struct conf_site site = site_of(d, own);
	struct conf *c = conf_build(texts, n, &site, usable);

	free((void *)site.interfaces);
	return c;
}

bool site_moved(const struct daemon *d)
{
	char own[HOST_MAX];
	struct conf_site site = site_of(d, own);
	bool moved = conf_site_moved(d->conf, &site);

	free((void *)site.interfaces);
	return moved;
}

struct conf *site_check(
	const struct daemon_options *o, const struct conf_text *texts, size_t n, bool *usable)
{
	char own[HOST_MAX];
	struct if_nameindex *links = o->interfaces_n ? NULL : if_nameindex();
	struct conf_site site = {host_of(o, own), o->interfaces_n, o->interfaces};
	size_t links_n = 0;

	while (links && links[links_n].if_name)
		links_n++;
	const char **names = names_new(links_n);
	for (size_t i = 0; i < links_n; i++)
		names[i] = links[i].if_name;
	if (links)
		site = (struct conf_site){site.host, links_n, names};
	struct conf *c = conf_build(texts, n, &site, usable);
	free(names);
	if (links)
		if_freenameindex(links);
	return c;
}
