internal import CLibcurl
internal import HostSystem
internal import Secrets

/// A request on its way: what it asked for, what has come so far, how it ended.
final class Transfer {
    private(set) var request: HTTPRequest
    let url: RequestURL
    let proxy: ProxySettings.Proxy?
    let easy: EasyHandle
    private(set) var limit: RequestLimit
    /// The places that are still to be tried when the server's certificate is not accepted; the first is in use.
    var anchors: ArraySlice<TrustStore.Anchors>
    /// The folders among all of them.
    let folders: [String]
    /// How many requests were allowed to be under way when this one was started.
    var room = 1
    /// Asked once there is a connection, before anything of the request is written: returns when it is known whether the
    /// request is to be sent.
    var hold: (@Sendable () -> Bool)?
    /// Set once, when the request has ended.
    var outcome: Result<HTTPResponse, TransportError>?

    /// libcurl reads it until the end.
    private var body = WipedBuffer()
    private var fieldLines: UnsafeMutablePointer<curl_slist>?
    private(set) var head = ReplyHead()
    private var reply = WipedBuffer()
    /// The reply as far as it has come, once: a long one must not stand in memory twice.
    func takeReply() -> Secret {
        var whole = WipedBuffer()
        swap(&whole, &reply)
        return whole.finish()
    }
    /// More came than the request accepts.
    private(set) var isReplyTooLarge = false
    private(set) var isHeadTooLong = false
    /// What libcurl had written to proxies before the request itself; nil until the request was about to be written.
    private var sentBefore: Int?

    init(
        _ request: HTTPRequest,
        to url: RequestURL,
        through proxy: ProxySettings.Proxy?,
        trusting anchors: ArraySlice<TrustStore.Anchors>,
        on easy: EasyHandle,
        limit: RequestLimit
    ) {
        self.request = request
        self.url = url
        self.proxy = proxy
        self.anchors = anchors
        folders = anchors.flatMap(\.folders)
        self.easy = easy
        self.limit = limit
        prepare()
    }

    deinit {
        curl_slist_free_all(fieldLines)
    }

    /// Whether bytes of the request itself, not of a handshake or of `CONNECT`, have gone out.
    var mayHaveArrived: Bool {
        guard let sentBefore else { return false }
        return easy.number(CURLINFO_REQUEST_SIZE) > sentBefore
    }

    /// Whether there was a connection over which the request could go.
    var hasReachedServer: Bool { sentBefore != nil }

    /// Goes on as a request that puts the same bytes on the wire, within its own time.
    func goOn(as request: HTTPRequest, limit: RequestLimit) {
        self.request = request
        self.limit = limit
    }

    /// Uses the first of the places that are left.
    func setTrust() {
        for (folderOption, fileOption) in [
            (CURLOPT_CAPATH, CURLOPT_CAINFO), (CURLOPT_PROXY_CAPATH, CURLOPT_PROXY_CAINFO),
        ] {
            switch anchors.first {
            case .folders(let paths):
                easy.set(folderOption, to: paths)
                easy.set(fileOption, to: String?.none)
            case .bundle(let path):
                easy.set(folderOption, to: String?.none)
                easy.set(fileOption, to: path)
            case nil:
                easy.set(folderOption, to: String?.none)
                easy.set(fileOption, to: String?.none)
            }
        }
    }

    /// Asked by libcurl each time before it writes the request to a connection.
    ///
    /// When a connection that was used before ends without a reply, libcurl silently sends the request again on a new
    /// one. The server may have acted on the first, so only what changes nothing is sent twice.
    fileprivate func permitsSending() -> Bool {
        if let hold, !hold() { return false }
        guard sentBefore != nil else {
            sentBefore = easy.number(CURLINFO_REQUEST_SIZE)
            return true
        }
        return limit.isSafe || !mayHaveArrived
    }

    fileprivate func takeBody(_ bytes: UnsafeRawBufferPointer) -> Bool {
        isReplyTooLarge = isReplyTooLarge || reply.count + bytes.count > request.replyLimit
        guard !isReplyTooLarge else { return false }
        if reply.count == 0 { reply.reserve(min(easy.size(CURLINFO_CONTENT_LENGTH_DOWNLOAD_T), request.replyLimit)) }
        reply.append(bytes)
        return true
    }

    fileprivate func takeHeaderLine(_ line: UnsafeRawBufferPointer) -> Bool {
        // Fields after the body could replace those before it.
        guard reply.count == 0 else { return true }
        isHeadTooLong = isHeadTooLong || !head.take(line)
        return !isHeadTooLong
    }
}

// MARK: Setting up

extension Transfer {
    private func prepare() {
        easy.set(CURLOPT_URL, to: request.url)
        easy.set(CURLOPT_PROTOCOLS_STR, to: url.scheme)
        // Never nil: libcurl would look into the environment.
        easy.set(CURLOPT_PROXY, to: proxy?.url ?? "")
        easy.set(CURLOPT_NOPROXY, to: "")
        easy.set(CURLOPT_CONNECTTIMEOUT_MS, to: Int(limit.connecting.roundedUpToMilliseconds))
        easy.set(CURLOPT_MAXFILESIZE_LARGE, toSize: request.replyLimit)
        setTrust()
        setMethodAndBody()
        setFields()
        setCallbacks()
    }

    private func setMethodAndBody() {
        switch request.body {
        case nil: break
        case .plain(let bytes): bytes.withUnsafeBytes { body.append($0) }
        case .secret(let secret): body.append(secret)
        }
        if request.body != nil || request.method == "POST" {
            easy.set(CURLOPT_POST, to: 1)
            easy.set(CURLOPT_POSTFIELDSIZE_LARGE, toSize: body.count)
            easy.set(CURLOPT_POSTFIELDS, to: body.start)
        } else {
            easy.set(CURLOPT_HTTPGET, to: 1)
        }
        easy.set(CURLOPT_CUSTOMREQUEST, to: request.method)
    }

    private func setFields() {
        // Else libcurl would wait for "100 Continue", and name a type for the body.
        add("Expect", nil)
        if !request.fields.contains(where: { $0.name.lowercased() == "content-type" }) {
            add("Content-Type", nil)
        }
        for (name, value) in request.fields {
            add(name, value)
        }
        easy.set(CURLOPT_HTTPHEADER, to: UnsafeMutableRawPointer(fieldLines))
    }

    /// - Parameter value: nil for a field that libcurl is not to add by itself.
    private func add(_ name: String, _ value: HTTPRequest.FieldValue?) {
        var line = WipedBuffer(capacity: 256)
        line.append(name)
        if value?.isEmpty == true {
            line.append(";")
        } else {
            line.append(": ")
            value?.write(to: &line)
        }
        line.append("\0")
        // libcurl's copy is wiped when it is freed, as all of its memory.
        fieldLines = curl_slist_append(fieldLines, line.start.assumingMemoryBound(to: CChar.self))
    }

    private func setCallbacks() {
        let context = Unmanaged.passUnretained(self).toOpaque()
        curl_shim_set_receivers(
            easy.pointer,
            { bytes, size, count, context in
                let isTaken = Transfer.at(context).takeBody(UnsafeRawBufferPointer(start: bytes, count: size * count))
                return isTaken ? size * count : 0
            },
            { bytes, size, count, context in
                let line = UnsafeRawBufferPointer(start: bytes, count: size * count)
                return Transfer.at(context).takeHeaderLine(line) ? size * count : 0
            },
            context
        )
        curl_shim_set_gate(
            easy.pointer,
            { context, _, _, _, _ in
                Transfer.at(context).permitsSending() ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
            },
            context
        )
    }

    private static func at(_ context: UnsafeMutableRawPointer) -> Transfer {
        Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
    }
}

extension HTTPRequest.FieldValue {
    fileprivate var isEmpty: Bool {
        switch self {
        case .plain(let text): text.isEmpty
        case .secret(let prefix, let secret): prefix.isEmpty && secret.isEmpty
        }
    }

    fileprivate func write(to line: inout WipedBuffer) {
        switch self {
        case .plain(let text): line.append(text)
        case .secret(let prefix, let secret):
            line.append(prefix)
            line.append(secret)
        }
    }
}
