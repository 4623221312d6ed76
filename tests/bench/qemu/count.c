// SPDX-License-Identifier: GPL-2.0-only
/*
 * A plugin for qemu-system-x86_64: counts the instructions that the guest executes between the two
 * marks of mark.h, in the kernel and outside, and where in the kernel. An idle guest executes none.
 *
 *   -plugin count.so,out=FILE[,blocks=on]
 *
 * FILE gets a line `section USER KERNEL` for each pair of marks; and with `blocks`, for every block of
 * the kernel's code that was executed, a line `ADDRESS INSTRUCTIONS RUNS CALLED`; CALLED is the
 * function that the block ends with a call of, or 0.
 *
 * Debian has no package with qemu's header for plugins; what is used of it is declared here as qemu
 * 7.2's qemu/qemu-plugin.h has it (version 1 of the interface).
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "tests/bench/qemu/mark.h"

#define KERNEL_FIRST 0xffff800000000000ull
#define CALL_OPCODE 0xe8
#define CALL_BYTES 5
#define EXPORTED __attribute__((visibility("default")))

struct qemu_plugin_tb;
struct qemu_plugin_insn;
void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id,
					   void (*callback)(uint64_t id,
							    struct qemu_plugin_tb *tb));
void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *tb, int operation,
					      void *counter, uint64_t addend);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn,
					    void (*callback)(unsigned int cpu, void *context),
					    int flags, void *context);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t index);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);

/* QEMU_PLUGIN_INLINE_ADD_U64 and QEMU_PLUGIN_CB_NO_REGS. */
#define INLINE_ADD 0
#define NO_REGISTERS 0

EXPORTED int qemu_plugin_version = 1;

/* Code at one address of the kernel. Never freed: translated code adds to it. */
struct block {
	uint64_t address;
	uint64_t instructions;
	uint64_t runs;
	uint64_t called;
	UT_hash_handle hh;
};

static struct block *blocks;
static uint64_t user_instructions;
static FILE *out;
static bool with_blocks;

static void begin(unsigned int cpu, void *context)
{
	(void)cpu, (void)context;
	for (struct block *block = blocks; block; block = block->hh.next)
		block->instructions = block->runs = 0;
	user_instructions = 0;
}

static void end(unsigned int cpu, void *context)
{
	uint64_t kernel = 0;

	(void)cpu, (void)context;
	for (struct block *block = blocks; block; block = block->hh.next)
		kernel += block->instructions;
	fprintf(out, "section %llu %llu\n", (unsigned long long)user_instructions,
		(unsigned long long)kernel);
	for (struct block *block = blocks; block && with_blocks; block = block->hh.next) {
		if (block->instructions)
			fprintf(out, "%016llx %llu %llu %llx\n", (unsigned long long)block->address,
				(unsigned long long)block->instructions,
				(unsigned long long)block->runs, (unsigned long long)block->called);
	}
	fflush(out);
}

static struct block *block_at(uint64_t address)
{
	struct block *block;

	HASH_FIND(hh, blocks, &address, sizeof(address), block);
	if (!block) {
		block = calloc(1, sizeof(*block));
		if (!block)
			abort();
		block->address = address;
		HASH_ADD(hh, blocks, address, sizeof(block->address), block);
	}
	return block;
}

static void look_for_marks(const struct qemu_plugin_tb *tb, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		const void *bytes = qemu_plugin_insn_data(insn);

		if (qemu_plugin_insn_size(insn) != MARK_BYTES)
			continue;
		if (!memcmp(bytes, MARK_BEGIN_BYTES, MARK_BYTES))
			qemu_plugin_register_vcpu_insn_exec_cb(insn, begin, NO_REGISTERS, NULL);
		else if (!memcmp(bytes, MARK_END_BYTES, MARK_BYTES))
			qemu_plugin_register_vcpu_insn_exec_cb(insn, end, NO_REGISTERS, NULL);
	}
}

/* `call` with a displacement, x86's only direct one. */
static uint64_t called_by(const struct qemu_plugin_tb *tb, size_t count)
{
	struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, count - 1);
	const unsigned char *bytes = qemu_plugin_insn_data(insn);
	int32_t distance;

	if (qemu_plugin_insn_size(insn) != CALL_BYTES || bytes[0] != CALL_OPCODE)
		return 0;
	memcpy(&distance, bytes + 1, sizeof(distance));
	return qemu_plugin_insn_vaddr(insn) + CALL_BYTES + (uint64_t)(int64_t)distance;
}

static void translated(uint64_t id, struct qemu_plugin_tb *tb)
{
	uint64_t address = qemu_plugin_tb_vaddr(tb);
	size_t count = qemu_plugin_tb_n_insns(tb);
	uint64_t *counter = &user_instructions;

	(void)id;
	if (address >= KERNEL_FIRST) {
		struct block *block = block_at(address);

		block->called = called_by(tb, count);
		counter = &block->instructions;
		qemu_plugin_register_vcpu_tb_exec_inline(tb, INLINE_ADD, &block->runs, 1);
	} else {
		look_for_marks(tb, count);
	}
	qemu_plugin_register_vcpu_tb_exec_inline(tb, INLINE_ADD, counter, count);
}

EXPORTED int qemu_plugin_install(uint64_t id, const void *info, int argc, char **argv)
{
	(void)info;
	if (argc < 1 || argc > 2 || strncmp(argv[0], "out=", 4))
		return -1;
	with_blocks = argc == 2 && !strcmp(argv[1], "blocks=on");
	out = fopen(argv[0] + 4, "w");
	if (!out)
		return -1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	return 0;
}
