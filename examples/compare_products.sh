#!/bin/sh
# Examines the eight products in the closed lab and writes examples/comparison.html and comparison.json.
# Usage: sh examples/compare_products.sh [FOLDER]   FOLDER keeps results and evidence (default: out/comparison).
# Products that are not installed are left out; `make products` installs what the system's packages offer.
set -u
folder=${1:-out/comparison}
mkdir -p "$folder"
results=""
for product in stairgate e2guardian squid-squidguard privoxy tinyproxy mitmdump dnsmasq unbound; do
    if [ ! -e "$folder/$product/results.jsonl" ]; then
        stairgate conform run --product "conformance_tests/products/$product.yaml" --seed 1 \
            --out "$folder/$product" >"$folder/$product.txt" 2>&1
        # 1 and 2 are verdicts; anything above says that the product was not examined.
        if [ $? -gt 2 ]; then
            echo "$product: not examined; $folder/$product.txt says why" >&2
            continue
        fi
    fi
    results="$results $folder/$product"
done
# shellcheck disable=SC2086 - a list of folders
stairgate conform compare $results --html examples/comparison.html --json >examples/comparison.json
echo "wrote examples/comparison.html and examples/comparison.json"
