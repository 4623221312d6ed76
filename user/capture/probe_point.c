// SPDX-License-Identifier: GPL-2.0-only
#include "user/capture/probe_point.h"

#include <fcntl.h>
#include <gelf.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#define CALL 0xe8 /* with 32 bits of distance from its end */
#define CALL_BYTES 5
#define ENDBR64_BYTES 4
#define FUNCTION_BYTES_MOST 4096

struct function {
	const uint8_t *bytes;
	size_t count;
	uint64_t address;
};

static bool is_emulated(const uint8_t *bytes, size_t count)
{
	if (count < 2)
		return false;
	if (bytes[0] == 0x41) /* push of r8 to r15 */
		return bytes[1] >= 0x50 && bytes[1] <= 0x57;
	return (bytes[0] >= 0x50 && bytes[0] <= 0x57) || bytes[0] == 0x90 || bytes[0] == CALL ||
	       (bytes[0] == 0x0f && bytes[1] == 0x1f);
}

/* Where the call at `at` would lead, if it is one. */
static uint64_t call_target(const uint8_t *bytes, size_t at, uint64_t address)
{
	int32_t distance;

	memcpy(&distance, bytes + at + 1, sizeof(distance));
	return address + at + CALL_BYTES + (uint64_t)(int64_t)distance;
}

static bool calls(const uint8_t *bytes, size_t count, uint64_t address, uint64_t target)
{
	for (size_t at = 0; at + CALL_BYTES <= count; at++) {
		if (bytes[at] == CALL && call_target(bytes, at, address) == target)
			return true;
	}
	return false;
}

size_t probe_point_find(const uint8_t *function, size_t function_bytes, uint64_t function_address,
			const uint8_t *twin, size_t twin_bytes, uint64_t twin_address)
{
	static const uint8_t endbr64[ENDBR64_BYTES] = { 0xf3, 0x0f, 0x1e, 0xfa };

	if (is_emulated(function, function_bytes))
		return 0;
	if (function_bytes > ENDBR64_BYTES && !memcmp(function, endbr64, ENDBR64_BYTES) &&
	    is_emulated(function + ENDBR64_BYTES, function_bytes - ENDBR64_BYTES))
		return ENDBR64_BYTES;
	/* The first that both lead to: the last ones fail on purpose (__stack_chk_fail). */
	for (size_t at = 0; at + CALL_BYTES <= function_bytes; at++) {
		if (function[at] == CALL && calls(twin, twin_bytes, twin_address,
						  call_target(function, at, function_address)))
			return at;
	}
	return 0;
}

/* The bytes of the function that a symbol names, owned by the ELF handle. */
static bool read_function(Elf *elf, const GElf_Sym *symbol, struct function *function)
{
	Elf_Scn *section = elf_getscn(elf, symbol->st_shndx);
	Elf_Data *data = section ? elf_getdata(section, NULL) : NULL;
	GElf_Shdr header;
	uint64_t from;

	if (!data || !data->d_buf || !gelf_getshdr(section, &header) ||
	    symbol->st_value < header.sh_addr)
		return false;
	from = symbol->st_value - header.sh_addr;
	if (from > data->d_size || symbol->st_size > data->d_size - from ||
	    symbol->st_size > FUNCTION_BYTES_MOST)
		return false;
	function->bytes = (const uint8_t *)data->d_buf + from;
	function->count = symbol->st_size;
	function->address = symbol->st_value;
	return true;
}

static bool find_function(Elf *elf, const char *name, struct function *function)
{
	Elf_Scn *section = NULL;

	while ((section = elf_nextscn(elf, section))) {
		Elf_Data *data;
		GElf_Shdr header;
		GElf_Sym symbol;

		if (!gelf_getshdr(section, &header) ||
		    (header.sh_type != SHT_DYNSYM && header.sh_type != SHT_SYMTAB))
			continue;
		data = elf_getdata(section, NULL);
		for (int i = 0; data && gelf_getsym(data, i, &symbol); i++) {
			const char *found = elf_strptr(elf, header.sh_link, symbol.st_name);

			if (found && !strcmp(found, name) && symbol.st_shndx != SHN_UNDEF &&
			    GELF_ST_TYPE(symbol.st_info) == STT_FUNC)
				return read_function(elf, &symbol, function);
		}
	}
	return false;
}

static size_t find_point(Elf *elf, const char *function, const char *twin)
{
	struct function of_function = { 0 }, of_twin = { 0 };
	GElf_Ehdr header;

	if (!gelf_getehdr(elf, &header) || header.e_machine != EM_X86_64 ||
	    !find_function(elf, function, &of_function))
		return 0;
	find_function(elf, twin, &of_twin);
	return probe_point_find(of_function.bytes, of_function.count, of_function.address,
				of_twin.bytes, of_twin.count, of_twin.address);
}

size_t probe_point(const char *path, const char *function, const char *twin)
{
	size_t offset = 0;
	Elf *elf;
	int fd;

	if (elf_version(EV_CURRENT) == EV_NONE)
		return 0;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	/* Read, not mapped: a mapping has the breakpoints of uprobes that are there already. */
	elf = elf_begin(fd, ELF_C_READ, NULL);
	if (elf && elf_kind(elf) == ELF_K_ELF)
		offset = find_point(elf, function, twin);
	elf_end(elf);
	close(fd);
	return offset;
}
