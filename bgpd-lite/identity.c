/* The router id: configured, else kept from an earlier life, else chosen from the host's addresses
 * and kept, because an identifier that changes resets every session. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bgpd-lite/daemon.h"
#include "lib/log.h"

static const char *kept_path(const struct daemon *d, char path[PATH_MAX])
{
	snprintf(path, PATH_MAX, "%s/router-id", d->options.state_dir);
	return path;
}

static bool read_kept(const struct daemon *d, struct addr *out)
{
	char path[PATH_MAX], text[ADDR_TEXT_MAX] = "";
	struct addr a;
	int fd = open(kept_path(d, path), O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return false;
	ssize_t n = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n > 0 ? strcspn(text, "\n") : 0] = 0;
	if (!addr_parse(text, &a) || a.family != ADDR_V4 || addr_is_unspecified(a))
		return false;
	*out = a;
	return true;
}

static void keep(const struct daemon *d)
{
	char path[PATH_MAX], text[ADDR_TEXT_MAX + 1];
	int fd = open(kept_path(d, path), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
	int len = snprintf(
		text, sizeof(text) - 1, "%s", addr_text(d->router_id, (char[ADDR_TEXT_MAX]){0}));

	text[len] = '\n';
	if (fd < 0 || write(fd, text, (size_t)len + 1) != len + 1)
		log_warn("router id not kept file=%s reason=\"%s\"", path, strerror(errno));
	if (fd >= 0)
		close(fd);
}

bool identity_choose(struct daemon *d)
{
	const struct conf_bgp *bgp = &d->conf->bgp;
	const struct host *host = rib_host(d->rib);
	struct addr id = {0};
	char text[ADDR_TEXT_MAX];

	if (bgp->router_id.family != ADDR_NONE) {
		id = bgp->router_id;
	} else if (bgp->router_id_interface[0]) {
		const struct fib_link *l = host_link_by_name(host, bgp->router_id_interface);
		if (!l || !host_link_address(host, l->ifindex, ADDR_V4, &id) ||
			addr_is_loopback(id))
			id = d->router_id; /* waits for the interface, or for its address */
	} else if (d->router_id.family != ADDR_NONE) {
		return false;
	} else if (!read_kept(d, &id) && !host_router_id(host, &id)) {
		return false;
	}
	if (addr_equal(id, d->router_id))
		return false;
	d->router_id = id;
	log_info("router id=%s", addr_text(id, text));
	if (bgp->router_id.family == ADDR_NONE && !bgp->router_id_interface[0])
		keep(d);
	return true;
}
