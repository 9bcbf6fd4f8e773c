/* Neighbours that are one BFD session: the same addresses, interface, device and hops. They share
 * it: the most aggressive timers win, the last one to leave ends it (bfd/channel.h). */
#include <stdio.h>
#include <string.h>

#include "bgpd-lite/neighbor.h"
#include "lib/clock.h"
#include "lib/log.h"

static bool same_session(const struct bfd_msg_set *a, const struct bfd_msg_set *b)
{
	return strcmp(a->device, b->device) == 0 && a->ifindex == b->ifindex &&
	       a->multihop == b->multihop && addr_equal(a->local, b->local) &&
	       addr_equal(a->remote, b->remote);
}

/* The next user of a session behind d->neighbors[*i]; NULL: no more. */
static struct neighbor *next_user(const struct daemon *d, uint32_t id, size_t *i)
{
	while (*i < d->neighbors_n) {
		struct neighbor *n = d->neighbors[(*i)++];
		if (n->bfd_id == id)
			return n;
	}
	return NULL;
}

static struct neighbor *find_partner(const struct neighbor *n, const struct bfd_msg_set *m)
{
	const struct daemon *d = n->daemon;

	for (size_t i = 0; i < d->neighbors_n; i++) {
		struct neighbor *p = d->neighbors[i];
		if (p != n && p->bfd_id && same_session(m, &p->bfd_wish))
			return p;
	}
	return NULL;
}

bool liveness_is_shared(const struct neighbor *n)
{
	return n->bfd_id && find_partner(n, &n->bfd_wish);
}

static bool read_key(
	const struct neighbor *n, const struct conf_bfd_key *k, struct bfd_auth *out, char *why)
{
	uint8_t bytes[SESSION_PASSWORD_MAX];
	struct bfd_auth_key *key = &out->keys[out->keys_n];
	int len = key_read(n->daemon, k->file, bytes, why, sizeof(n->bfd_error));
	bool ok = len > 0 && len <= bfd_auth_key_max(out->type);

	if (len > 0 && !ok)
		snprintf(why, sizeof(n->bfd_error), "key file %s: longer than %u bytes", k->file,
			bfd_auth_key_max(out->type));
	if (ok) {
		*key = (struct bfd_auth_key){.id = k->id, .len = (uint8_t)len};
		memcpy(key->bytes, bytes, (size_t)len);
		out->keys_n++;
	}
	explicit_bzero(bytes, sizeof(bytes));
	return ok;
}

/* False, with n->bfd_error set and logged: the keys cannot be used. */
static bool read_auth(struct neighbor *n, struct bfd_auth *out)
{
	const struct conf_bfd_profile *p = n->conf->bfd;
	char why[sizeof(n->bfd_error)] = "";
	bool ok = true;

	*out = (struct bfd_auth){.type = p->authentication};
	for (size_t i = 0; ok && i < p->keys_n; i++)
		ok = read_key(n, &p->keys[i], out, why);
	if (!ok && strcmp(why, n->bfd_error) != 0)
		log_err("BFD keys can't be used neighbor=\"%s\" reason=\"%s\"", n->conf->name, why);
	memcpy(n->bfd_error, why, sizeof(why));
	return ok;
}

static void take_faster(struct bfd_msg_set *all, const struct bfd_msg_set *one)
{
	all->tx_us = one->tx_us < all->tx_us ? one->tx_us : all->tx_us;
	all->rx_us = one->rx_us < all->rx_us ? one->rx_us : all->rx_us;
	all->multiplier = one->multiplier < all->multiplier ? one->multiplier : all->multiplier;
	all->minimum_ttl =
		one->minimum_ttl > all->minimum_ttl ? one->minimum_ttl : all->minimum_ttl;
	all->passive = all->passive && one->passive;
	all->zero_checksum = all->zero_checksum || one->zero_checksum;
	if (!all->incarnation)
		all->incarnation = one->incarnation;
}

/* What all users of a session ask for. */
static struct bfd_msg_set sum(const struct daemon *d, uint32_t id)
{
	size_t i = 0;
	const struct neighbor *n = next_user(d, id, &i);
	struct bfd_msg_set all = n->bfd_wish;

	while ((n = next_user(d, id, &i)))
		take_faster(&all, &n->bfd_wish);
	return all;
}

/* What was asked is kept without the keys; with keys it is asked again each time. */
static void tell(struct daemon *d, uint32_t id, const struct bfd_auth *auth)
{
	struct bfd_msg_set all = sum(d, id);
	struct neighbor *n;
	bool changed = auth->type != BFD_AUTH_NONE;

	all.id = id;
	all.auth.type = auth->type;
	for (size_t i = 0; (n = next_user(d, id, &i));) {
		changed |= memcmp(&all, &n->bfd_asked, sizeof(all)) != 0;
		n->bfd_asked = all;
	}
	if (!changed)
		return;
	all.auth = *auth;
	bfdc_set(d, &all);
	explicit_bzero(&all.auth, sizeof(all.auth));
}

void liveness_leave(struct neighbor *n)
{
	struct daemon *d = n->daemon;
	uint32_t id = n->bfd_id;
	struct bfd_auth auth = {0};
	size_t i = 0;

	n->bfd_id = 0;
	reach_bfd_changed(n);
	struct neighbor *left = next_user(d, id, &i);
	if (!left)
		bfdc_remove(d, id);
	else if (read_auth(left, &auth))
		tell(d, id, &auth);
	explicit_bzero(&auth, sizeof(auth));
}

/* One session has one authentication. */
static bool keys_agree(struct neighbor *n, const struct bfd_auth *auth, struct neighbor *partner,
	const char *error_before)
{
	struct bfd_auth theirs;
	bool same = !read_auth(partner, &theirs) || memcmp(&theirs, auth, sizeof(theirs)) == 0;

	explicit_bzero(&theirs, sizeof(theirs));
	if (same)
		return true;
	snprintf(n->bfd_error, sizeof(n->bfd_error),
		"neighbor %s is the same BFD session with another authentication",
		partner->conf->name);
	if (strcmp(n->bfd_error, error_before) != 0)
		log_err("BFD can't be shared neighbor=\"%s\" reason=\"%s\"", n->conf->name,
			n->bfd_error);
	return false;
}

static void join(struct neighbor *n, const struct neighbor *partner)
{
	const struct bfd_msg_state *m = &partner->bfd;

	n->bfd_id = partner->bfd_id;
	n->bfd_told = partner->bfd_told;
	n->bfd = *m;
	if (n->bfd_told)
		hold_bfd(&n->hold, &n->hold_conf, m->state == BFD_STATE_UP,
			m->remote_state == BFD_STATE_ADMIN_DOWN, false, clock_ms());
}

void liveness_ask(struct neighbor *n, const struct bfd_msg_set *m)
{
	struct bfd_auth auth;
	char error_before[sizeof(n->bfd_error)];

	memcpy(error_before, n->bfd_error, sizeof(error_before));
	if (!read_auth(n, &auth))
		return;
	if (n->bfd_id && !same_session(m, &n->bfd_wish))
		liveness_remove(n);
	struct neighbor *partner = find_partner(n, m);
	if (!partner || keys_agree(n, &auth, partner, error_before)) {
		if (!n->bfd_id && partner)
			join(n, partner);
		else if (!n->bfd_id)
			n->bfd_id = n->daemon->bfdc.next_id++;
		n->bfd_wish = *m;
		tell(n->daemon, n->bfd_id, &auth);
	}
	explicit_bzero(&auth, sizeof(auth));
}
