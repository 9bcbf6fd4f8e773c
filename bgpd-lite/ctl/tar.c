#include "bgpd-lite/ctl/tar.h"

#include <string.h>

/* Where each field of the header stands. */
enum {
	NAME = 0,
	MODE = 100,
	UID = 108,
	GID = 116,
	SIZE = 124,
	MTIME = 136,
	CHECKSUM = 148,
	TYPE = 156,
	MAGIC = 257,
	UNAME = 265,
	GNAME = 297,
	END_BLOCKS = 2,
};

static void put_octal(char *field, size_t digits, uint64_t n)
{
	for (size_t i = digits; i-- > 0; n /= 8)
		field[i] = (char)('0' + n % 8);
}

static unsigned checksum(const char block[TAR_BLOCK])
{
	unsigned sum = 0;

	for (size_t i = 0; i < TAR_BLOCK; i++)
		sum += (unsigned char)block[i];
	return sum;
}

bool tar_header(char block[TAR_BLOCK], const char *name, size_t len, int64_t mtime_s)
{
	size_t name_len = strlen(name);

	if (name_len == 0 || name_len > TAR_NAME_MAX)
		return false;
	memset(block, 0, TAR_BLOCK);
	memcpy(block + NAME, name, name_len);
	put_octal(block + MODE, 7, TAR_MODE);
	put_octal(block + UID, 7, 0);
	put_octal(block + GID, 7, 0);
	put_octal(block + SIZE, 11, len);
	put_octal(block + MTIME, 11, mtime_s > 0 ? (uint64_t)mtime_s : 0);
	memset(block + CHECKSUM, ' ', 8); /* counts as blanks */
	block[TYPE] = '0';
	memcpy(block + MAGIC, "ustar\00000", 8);
	memcpy(block + UNAME, "root", 4);
	memcpy(block + GNAME, "root", 4);
	put_octal(block + CHECKSUM, 6, checksum(block));
	block[CHECKSUM + 6] = 0;
	return true;
}

bool tar_add(FILE *f, const char *name, const void *bytes, size_t len, int64_t mtime_s)
{
	static const char zero[TAR_BLOCK];
	char block[TAR_BLOCK];
	size_t rest = (TAR_BLOCK - len % TAR_BLOCK) % TAR_BLOCK;

	return tar_header(block, name, len, mtime_s) &&
	       fwrite(block, 1, TAR_BLOCK, f) == TAR_BLOCK && fwrite(bytes, 1, len, f) == len &&
	       fwrite(zero, 1, rest, f) == rest;
}

bool tar_end(FILE *f)
{
	static const char zero[TAR_BLOCK * END_BLOCKS];

	return fwrite(zero, 1, sizeof(zero), f) == sizeof(zero) && fflush(f) == 0;
}
