/* Events on the RIB, chosen by the input's bytes, against an oracle (tests/unit/rib/world.h). */
#include <stddef.h>
#include <stdint.h>

#include "tests/unit/rib/world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	world_run_bytes(data, size);
	return 0;
}
