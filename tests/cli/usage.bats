# SPDX-License-Identifier: GPL-2.0-only
# Help, version, wrong usage.

load common

@test "--version names program and version" {
	run_apart "$LBTRACE" --version
	assert_status 0
	[[ $output =~ ^lbtrace\ [0-9]+\.[0-9]+\.[0-9]+$ ]]
}

@test "--help names every command and option" {
	run_apart "$LBTRACE" --help
	assert_status 0
	for word in record report export explain check backends --duration --pid --comm --netns \
		--backend --no-resolve --json --verbose --interval; do
		assert_has "$output" "$word"
	done
}

@test "each command has its own --help" {
	for command in record report export explain check backends; do
		run_apart "$LBTRACE" "$command" --help
		assert_status 0
		assert_has "$output" "Usage: lbtrace $command"
	done
}

@test "an unknown command is a usage error in one line" {
	for command in bogus serve; do
		run_apart "$LBTRACE" "$command"
		assert_status 2
		assert_one_message "'$command'"
	done
}

@test "an unknown option is a usage error in one line" {
	run_apart "$LBTRACE" --bogus
	assert_status 2
	assert_one_message "--bogus"
	for command in record report export explain check backends; do
		run_apart "$LBTRACE" "$command" --bogus
		assert_status 2
		assert_one_message "--bogus"
	done
}

@test "control characters of an argument are escaped" {
	run_apart "$LBTRACE" $'x\033[2J'
	assert_status 2
	assert_one_message 'x\x1b[2J'
}

@test "a missing value is a usage error in one line" {
	for option in --duration --pid --comm --netns --backend --interval -d -i; do
		run_apart "$LBTRACE" "$option"
		assert_status 2
		assert_one_message
	done
}

@test "seconds out of range are refused" {
	for seconds in 0 -1 x 1x 1e3 inf nan 0x10 "" 99999999999; do
		run_apart "$LBTRACE" --duration="$seconds"
		assert_status 2
		assert_one_message "--duration"
		run_apart "$LBTRACE" --interval="$seconds"
		assert_status 2
		assert_one_message "--interval"
	done
}

@test "a wrong pid is refused" {
	for pid in 0 -1 x 1x "" 99999999 99999999999999999999999; do
		run_apart "$LBTRACE" --pid="$pid"
		assert_status 2
		assert_one_message "--pid"
	done
}

@test "a wrong backend is refused" {
	for backend in x 10.0.0.0/33 10.0.0.1:99999 "[fd00::/129]:80" ""; do
		run_apart "$LBTRACE" --backend="$backend"
		assert_status 2
		assert_one_message "--backend"
	done
}

@test "--pid can be given 64 times, not 65" {
	local options=()
	for ((i = 1; i <= 65; i++)); do
		options+=(--pid "$i")
	done
	run_apart "$LBTRACE" "${options[@]}"
	assert_status 2
	assert_one_message "64 times"
}

@test "--netns twice is refused" {
	run_apart "$LBTRACE" --netns a --netns b
	assert_status 2
	assert_one_message "--netns"
}

@test "record needs a file" {
	run_apart "$LBTRACE" record
	assert_status 2
	assert_one_message "-o FILE"
}

@test "report and export need one file" {
	for command in report export; do
		run_apart "$LBTRACE" "$command"
		assert_status 2
		assert_one_message "FILE"
		run_apart "$LBTRACE" "$command" one two
		assert_status 2
		assert_one_message "two"
	done
}

@test "unknown formats are refused" {
	run_apart "$LBTRACE" report --format html x.lbt
	assert_status 2
	assert_one_message "html"
	run_apart "$LBTRACE" export --format csv x.lbt
	assert_status 2
	assert_one_message "csv"
}

@test "arguments that no command takes are refused" {
	run_apart "$LBTRACE" check this
	assert_status 2
	assert_one_message "this"
	run_apart "$LBTRACE" record -o x.lbt this
	assert_status 2
	assert_one_message "this"
	run_apart "$LBTRACE" -v record
	assert_status 2
	assert_one_message "record"
}
