internal import Glibc

/// The memory of this process, read so that no address can be wrong.
package enum ProcessMemory {
    /// What stands at an address; nil when nothing is mapped there.
    ///
    /// Takes nothing from the heap before it has read, so that freed memory is still as it was left.
    package static func bytes(at address: UInt, count: Int) -> [UInt8]? {
        let descriptor = open("/proc/self/mem", O_RDONLY | O_CLOEXEC)
        let buffer = mmap(nil, count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard descriptor >= 0, let buffer, buffer != MAP_FAILED else { return nil }
        defer {
            munmap(buffer, count)
            close(descriptor)
        }
        guard pread(descriptor, buffer, count, off_t(address)) == count else { return nil }
        return [UInt8](UnsafeRawBufferPointer(start: buffer, count: count))
    }

    /// How often a byte string stands in the process's writable memory, apart from the place that it is given at.
    package static func copies(of pattern: UnsafeRawBufferPointer) -> Int {
        let descriptor = open("/proc/self/mem", O_RDONLY | O_CLOEXEC)
        let window = 1 << 20
        guard descriptor >= 0, let start = pattern.baseAddress,
            let buffer = mmap(nil, window, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        else { return -1 }
        defer {
            munmap(buffer, window)
            close(descriptor)
        }
        let excluded = [UInt(bitPattern: start), UInt(bitPattern: buffer)]
        var found: Set<UInt> = []
        for region in writableRegions() where !region.contains(excluded[1]) {
            var address = region.lowerBound
            while address < region.upperBound {
                let count = pread(descriptor, buffer, min(window, Int(region.upperBound - address)), off_t(address))
                guard count > 0 else { break }
                found.formUnion(
                    places(of: pattern, in: UnsafeRawBufferPointer(start: buffer, count: count), at: address)
                )
                // The windows overlap, so that no copy is cut in two.
                guard count > pattern.count else { break }
                address += UInt(count - pattern.count + 1)
            }
        }
        return found.subtracting([excluded[0]]).count
    }

    private static func places(
        of pattern: UnsafeRawBufferPointer,
        in memory: UnsafeRawBufferPointer,
        at address: UInt
    ) -> Set<UInt> {
        var places: Set<UInt> = []
        guard let start = memory.baseAddress, let wanted = pattern.baseAddress, let first = pattern.first else {
            return []
        }
        var offset = 0
        while memory.count - offset >= pattern.count,
            let hit = memchr(start + offset, Int32(first), memory.count - offset - pattern.count + 1)
        {
            offset = UnsafeRawPointer(hit) - start
            if memcmp(hit, wanted, pattern.count) == 0 { places.insert(address + UInt(offset)) }
            offset += 1
        }
        return places
    }

    private static func writableRegions() -> [Range<UInt>] {
        let lines = String(decoding: contents(of: "/proc/self/maps") ?? [], as: UTF8.self).split(separator: "\n")
        return lines.compactMap { line in
            let fields = line.split(separator: " ")
            guard fields.count > 1, fields[1].hasPrefix("rw"), !line.hasSuffix("[vvar]") else { return nil }
            let ends = fields[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
            return ends.count == 2 ? ends[0]..<ends[1] : nil
        }
    }
}
