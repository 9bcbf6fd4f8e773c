/* What policies set on routes in the kernel: each combination once, named by a number that stands
 * in the entries beside the group, and in the effects of paths. */
#include "rib/state.h"

bool trait_get(struct rib *r, const struct filter_kernel *is, uint8_t *trait)
{
	bool nothing = filter_kernel_equal(is, &r->traits[0].is);
	unsigned room = 0, i = nothing ? 0 : TRAITS_MAX;

	for (; i > 0 && !(r->traits[i].refs && filter_kernel_equal(&r->traits[i].is, is)); i--)
		if (!r->traits[i].refs)
			room = i;
	if (!i && !nothing) {
		if (!room)
			return false;
		r->traits[i = room] =
			(struct trait){.is = *is, .on_host = host_is_own(r->host, is->source)};
	}
	*trait = (uint8_t)i;
	trait_ref(r, *trait);
	return true;
}

void trait_ref(struct rib *r, uint8_t trait)
{
	r->traits[trait].refs += trait != 0;
}

void trait_put(struct rib *r, uint8_t trait)
{
	r->traits[trait].refs -= trait != 0;
}

const struct filter_kernel *trait_of(const struct rib *r, const struct entry *x)
{
	return &r->traits[x->trait].is;
}

/* The kernel refuses a source that is not on the host, and takes routes along when it goes. */
void traits_addresses_changed(struct rib *r)
{
	for (unsigned i = 1; i <= TRAITS_MAX; i++) {
		struct trait *t = &r->traits[i];
		bool on_host = t->refs && t->is.source.family && host_is_own(r->host, t->is.source);
		if (!t->refs || on_host == t->on_host)
			continue;
		t->on_host = on_host;
		t->again = sweep_all(r);
	}
}

struct filter_kernel trait_found(const struct fib_route *m)
{
	struct filter_kernel is = {
		.source = addr_from_bytes(m->family, m->source), .metric = m->metric};

	if (addr_is_unspecified(is.source))
		is.source = (struct addr){0};
	return is;
}
