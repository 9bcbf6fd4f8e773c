/* Path identifiers (RFC 7911): four bytes a path, while some path has another than 0. */
#include <stdlib.h>
#include <string.h>

#include "rib/state.h"

/* Doubling, as effects.c. */
static bool make_room(struct rib *r, uint32_t path)
{
	uint32_t n = r->path_id_n ? r->path_id_n : 1024;

	if (path < r->path_id_n)
		return true;
	while (n <= path)
		n *= 2;
	uint32_t *ids = reallocarray(r->path_id, n, sizeof(*ids));
	if (!ids)
		return false;
	memset(ids + r->path_id_n, 0, (n - r->path_id_n) * sizeof(*ids));
	r->path_id = ids;
	r->path_id_n = n;
	return true;
}

uint32_t path_id(const struct rib *r, uint32_t path)
{
	return path < r->path_id_n ? r->path_id[path] : 0;
}

bool path_id_set(struct rib *r, uint32_t path, uint32_t id)
{
	if (id && !make_room(r, path))
		return false;
	if (path < r->path_id_n)
		r->path_id[path] = id;
	return true;
}

void path_ids_clear(struct rib *r)
{
	free(r->path_id);
	r->path_id = NULL;
	r->path_id_n = 0;
}
