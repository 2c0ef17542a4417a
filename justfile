# Everyday commands; CI runs the same ones.

# Formatting, lints, room rules.
check:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets -- -D warnings

# Unit and integration tests, no outside tools needed.
test:
    cargo test --workspace --exclude conformance-tests

# Everything, with the outside tools installed first.
test-all:
    ./scripts/test

# Foreign clients and validators against the program.
conformance:
    cargo build -p server
    cargo test -p conformance-tests

# Each parser of foreign bytes, SECONDS each.
fuzz SECONDS="20":
    ./scripts/fuzz {{SECONDS}}

# Function benchmarks; each prints its ratio to the bare primitive.
bench:
    cargo bench --workspace

# Licences, sources, bans.
deny:
    cargo deny check
