#include "rib/as_path.h"

bool as_segment_next(struct rd *path, uint8_t as_size, struct as_segment *out)
{
	if (rd_left(path) == 0)
		return false;
	struct as_segment s = {.as_size = as_size};
	s.type = rd_u8(path);
	s.n = rd_u8(path);
	s.numbers = rd_sub(path, (size_t)s.n * as_size);
	if (path->err)
		return false;
	*out = s;
	return true;
}

uint32_t as_segment_number(struct as_segment *s)
{
	if (rd_left(&s->numbers) == 0)
		return 0;
	return s->as_size == 4 ? rd_u32(&s->numbers) : rd_u16(&s->numbers);
}

bool as_segment_is_set(const struct as_segment *s)
{
	return s->type == AS_SEGMENT_SET || s->type == AS_SEGMENT_CONFED_SET;
}

bool as_segment_is_confed(const struct as_segment *s)
{
	return s->type == AS_SEGMENT_CONFED_SEQUENCE || s->type == AS_SEGMENT_CONFED_SET;
}

unsigned as_segment_length(const struct as_segment *s)
{
	if (as_segment_is_confed(s))
		return 0;
	return as_segment_is_set(s) ? 1 : s->n;
}

unsigned as_path_length(struct rd path, uint8_t as_size)
{
	struct as_segment s;
	unsigned length = 0;
	while (as_segment_next(&path, as_size, &s))
		length += as_segment_length(&s);
	return length;
}
