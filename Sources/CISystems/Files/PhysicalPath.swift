#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// An absolute path without `.`, `..` and doubled slashes, as if it held no symbolic links.
func lexicallyNormal(_ path: String) -> String {
    let components = path.split(separator: "/").reduce(into: [Substring]()) { components, component in
        switch component {
        case ".": break
        case "..": _ = components.popLast()
        default: components.append(component)
        }
    }
    return "/" + components.joined(separator: "/")
}

/// An absolute path with the symbolic links of its existing part followed.
package func physicalPath(_ path: String) -> String {
    var existing = path
    var missing: [Substring] = []
    while existing != "/" {
        if let resolved = realpath(existing, nil) {
            defer { free(resolved) }
            return lexicallyNormal(([String(cString: resolved)] + missing.map(String.init)).joined(separator: "/"))
        }
        let components = existing.split(separator: "/")
        guard let last = components.last else { break }
        missing.insert(last, at: 0)
        existing = "/" + components.dropLast().joined(separator: "/")
    }
    return lexicallyNormal("/" + missing.joined(separator: "/"))
}
