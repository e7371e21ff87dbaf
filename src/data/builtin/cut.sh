#!/bin/sh
# Cuts the built-in subset out of the full Fashion-MNIST files: the first 6,000 training and 1,000 test images.
# usage: cut.sh DIR, where DIR holds the four full files (*-ubyte.gz); writes beside this script.
set -eu

full=${1:?usage: cut.sh DIR}
here=$(dirname "$0")

# cut NAME HEADER BYTES: the 4-byte magic, the new count and the sizes, then the first BYTES bytes of content.
# `gzip -n` stores neither name nor time, so that the same content gives the same file.
cut() {
    header_len=$(printf "$2" | wc -c)
    {
        printf "$2"
        gzip -dc "$full/$1.gz" | tail -c +$((header_len + 1)) | head -c "$3"
    } | gzip -9n >"$here/$1.gz"
}

sides='\000\000\000\034\000\000\000\034'
cut train-images-idx3-ubyte "\\000\\000\\010\\003\\000\\000\\027\\160$sides" $((6000 * 784))
cut train-labels-idx1-ubyte '\000\000\010\001\000\000\027\160' 6000
cut t10k-images-idx3-ubyte "\\000\\000\\010\\003\\000\\000\\003\\350$sides" $((1000 * 784))
cut t10k-labels-idx1-ubyte '\000\000\010\001\000\000\003\350' 1000
