internal import HostSystem
internal import JSON

/// How the places of a record are handed to a process in the background.
extension LeasePlace {
    var coded: (kind: String, path: String)? {
        switch self {
        case .directory(let path, let isDurable): (isDurable ? "durable" : "directory", path)
        case .file(let path): ("file", WorkingFolder.absolute(path))
        // The post step has its own copy of what main wrote there.
        case .state: nil
        }
    }

    init?(coded: JSONNode) {
        if let path = coded["durable"]?.string {
            self = .directory(path, isDurable: true)
        } else if let path = coded["directory"]?.string {
            self = .directory(path, isDurable: false)
        } else if let path = coded["file"]?.string {
            self = .file(path)
        } else {
            return nil
        }
    }
}
