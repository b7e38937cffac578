# 每组三句:值说发生了什么,.meaning 说对邮件意味着什么,.todo 说怎么办。变量与 en 相同。

mailbox = { $side ->
    [old] 旧邮箱
    [new] 新邮箱
   *[other] 邮箱
 }
safe = { $safe ->
    [moved] 已搬的都在,不会重来。
    [saved] 已存的都在,不会重来。
    [one] 邮箱没有任何改动。
   *[both] 两个邮箱都没有任何改动。
 }
some-server = 服务器
some-user = 您的用户名
unharmed = 这封邮件仍在旧邮箱里,没有改动。

cause-host_unknown = 找不到{ mailbox }的服务器:{ $host }
    .meaning = { safe }
    .todo = { $started ->
        [yes] 请检查这台电脑是否联网,然后再开始。
       *[no] 请检查服务器名有没有写错,以及这台电脑是否联网。
     }
cause-network_unreachable = 这台电脑没有网络,连不到 { $host }。
    .meaning = { safe }
    .todo = 请检查这台电脑是否联网,然后再开始。
cause-connection_refused = 连不上{ mailbox }:{ $host } 拒绝了连接。
    .meaning = { safe }
    .todo = { $started ->
        [yes] 等它恢复后请再开始。
       *[no] 请检查服务器名和端口。有些网络不让邮件程序通过,可换网络或手机热点。
     }
cause-timeout = { mailbox }没有回应:{ $host }
    .meaning = { safe }
    .todo = { $started ->
        [yes] 请检查这台电脑是否联网,稍后再开始。
       *[no] 有些网络不让邮件程序通过,可换网络或手机热点;否则请稍后再试。
     }
cause-certificate_expired = 连接不安全,已停止;密码没有发出。
    .meaning = { $host } 的证书今天无效{ $until ->
        [none] 。
       *[other] :有效期为 { $from } 至 { $until }。
     }
    .todo = 请检查这台电脑的日期和时间。如果没错,请邮箱管理员更新证书。
cause-certificate_wrong_host = 连接不安全,已停止;密码没有发出。
    .meaning = { $host } 出示的证书属于另一个名字{ $subject ->
        [none] 。
       *[other] :{ $subject }
     }
    .todo = 请检查服务器名。如果在酒店或公司网络,请先在浏览器中登录网络。
cause-certificate_untrusted = 连接不安全,已停止;密码没有发出。
    .meaning = 这台电脑不认识 { $host } 证书的签发者{ $issuer ->
        [none] 。
       *[other] :{ $issuer }
     }
    .todo = 如果电脑上的安全软件会查看连接,请对邮件关闭此项。如果是公司自己的服务器,请向管理员核对指纹{ $fingerprint ->
        [none] 。
       *[other] :{ $fingerprint }
     }
cause-certificate_changed = 连接不安全,已停止;密码没有发出。
    .meaning = { $host } 的证书不是您信任过的那一张{ $fingerprint ->
        [none] 。
       *[other] ,现在是 { $fingerprint }
     }
    .todo = 请问管理员证书是否换过,核对指纹后再信任。
cause-tls_failed = 与{ mailbox }没能建立安全连接;密码没有发出。
    .meaning = { safe }
    .todo = 请检查端口:一开始就加密的通常是 993,随后加密的是 143。
cause-starttls_missing = { mailbox }在这里不提供安全连接,已停止;密码没有发出。
    .meaning = { safe }
    .todo = 请试加密端口,通常是 993。如果还不行,这个网络可能有人干扰,请换一个网络。
cause-sign_in_refused = { mailbox }不接受这个密码。
    .meaning = 为免锁号,我们不自动重试。
    .todo = { $kind ->
        [own] { $provider }要用“{ $password }”,不是网页密码。它只显示一次,复制后马上粘贴到这里。
       *[other] 请核对用户名“{ $user }”,再输入一次密码。有些邮箱要用授权码或客户端专用密码来代替。
     }
cause-sign_in_unavailable = { mailbox }还不让邮件程序读取。
    .meaning = 打开它不会动邮件。
    .todo = 请在它的网页上打开邮件程序访问(IMAP)。没有此项?请找管理员。如果已经打开,请等几分钟:登录次数太多会被暂时拒绝。
cause-sign_in_method_missing = { mailbox }没有提供本程序会用的登录方式。
    .meaning = { safe }
    .todo = { $kind ->
        [browser] { $provider }只允许邮件程序通过浏览器登录,这个版本还做不到。
       *[other] 请邮箱管理员允许邮件程序用密码登录。
     }
cause-no_credentials = 没有{ mailbox }的密码。
    .meaning = { safe }
    .todo = 请输入“{ $user }”的密码。
cause-closed = { mailbox }断开了连接。
    .meaning = { safe }
    .todo = 请过几分钟再试,会从这里接着来。
cause-protocol = { mailbox }的回应无法理解。
    .meaning = { safe }
    .todo = 请再试一次,会从这里接着来。如果再次出现,请把服务器原话发给我们。
cause-throttled = { mailbox }让我们慢一点。
    .meaning = 这很常见,不会丢信。
    .todo = 请一小时后再试,会从这里接着来。
cause-folder_missing = { $folder ->
        [none] 有一个文件夹找不到了。
       *[other] “{ $folder }”找不到了。
     }
    .meaning = 其中的邮件没有搬,其他文件夹不受影响。
    .todo = 请看看它是否在搬家途中被改名或删除,然后再搬一次。
cause-folder_refused = { $folder ->
        [none] 有一个文件夹打不开,其他不受影响。
       *[other] “{ $folder }”打不开,其他不受影响。
     }
    .meaning = 其中的邮件没有搬。
    .todo = 请在网页上看看它是否上了锁或是共享的,然后再搬一次。
cause-server_failed = { $folder ->
        [none] 处理一个文件夹时,服务器自己出了错。
       *[other] 处理“{ $folder }”时,服务器自己出了错。
     }
    .meaning = 其中的邮件没有全部搬完,没搬的仍在旧邮箱里。
    .todo = 请过几分钟再搬一次。如果还是这样,请把服务器原话给邮箱管理员看。
cause-folder_name_refused = 新邮箱不接受{ $folder ->
        [none] 一个文件夹的名字。
       *[other] “{ $folder }”这个名字。
     }
    .meaning = 其中的邮件没有搬,其他文件夹不受影响。
    .todo = 请给它换一个名字,然后再搬一次。
cause-validity_changed = 服务器给{ $folder ->
        [none] 一个文件夹重新编了号。
       *[other] “{ $folder }”重新编了号。
     }
    .meaning = { safe }
    .todo = 请再搬一次:按邮件内容对照,不会重复。
cause-message_gone = 有一封邮件列在目录里,旧邮箱却没有交出来。
    .meaning = 它可能刚刚在那里被删除或移走了。
    .todo = 请再搬一次。如果又出现,请到旧邮箱网页上找它。
cause-message_empty = 旧邮箱交出的一封邮件里什么也没有。
    .meaning = 它没有搬:空的副本会让人误以为搬好了。
    .todo = 请在旧邮箱网页上打开它,如有内容请从那里保存。
cause-message_too_large = 有一封邮件超过新邮箱的大小限制{ $detail ->
        [none] 。
       *[other] :{ $detail }
     }
    .meaning = { unharmed }
    .todo = 请从旧邮箱把它存为文件,或请新邮箱管理员放宽限制后再搬一次。
cause-message_refused = 新邮箱拒收了一封邮件。
    .meaning = { unharmed }
    .todo = 请再搬一次。如果再次被拒,请从旧邮箱把它存为文件。
cause-message_damaged = 有一封邮件收到的内容与旧邮箱说的不符。
    .meaning = 它没有存入:我们只存完整的邮件。
    .todo = 请再搬一次。如果还是这样,请在旧邮箱网页上打开它看看。
cause-quota_full = { $done ->
        [none] 新邮箱满了。
       *[other] 新邮箱满了,停在 { $done } 封。
     }
    .meaning = 已搬的都在,不会重来。
    .todo = 请清出空间或扩容,然后继续。
cause-disk_full = { $place ->
        [none] 磁盘已满。
       *[other] 磁盘已满:{ $place }
     }
    .meaning = 已保存的都完整,不会重来。
    .todo = { $needed ->
        [none] 请腾出空间后再试。
       *[other] 请腾出 { $needed } 后再试。
     }
cause-disk_failed = { $about ->
        [none] 磁盘无法读写。
       *[other] 无法读写:{ $about }
     }
    .meaning = { safe }
    .todo = 请检查文件夹是否存在、您是否有权写入、磁盘是否接好,或换一个位置。
cause-store_unusable = { $kind ->
        [backup] 这份备份不能用:{ $about }
       *[other] 搬家记录打不开。
     }
    .meaning = { $kind ->
        [backup] 它已损坏、属于另一个邮箱,或由更新的版本生成。其中的内容没有改动。
       *[other] 邮件都在;重新检查后接着搬,不会重复。
     }
    .todo = { $kind ->
        [backup] 请为备份另选一个文件夹。
       *[other] 请重新检查。
     }
cause-busy = 这次搬家正在另一个窗口或程序中进行。
    .meaning = 同时进行两次可能会存入重复的邮件,所以这次没有开始。
    .todo = 请在那边继续,或在那边结束后再试。
cause-same_mailbox = 两边是同一个邮箱。
    .meaning = 没有任何改动。
    .todo = 请核对旧邮箱和新邮箱各在哪家。
cause-identity_changed = { mailbox }和上次不是同一个:在 { $host } 回应的是另一台服务器。
    .meaning = 域名切换之后,旧的服务器名可能通向新服务器。所以已停止,没有任何改动。
    .todo = 请向服务商询问长期有效的服务器名,然后用它。
cause-other_copier = 另一个程序也在把同样的邮件搬进新邮箱{ $about ->
        [none] 。
       *[other] ,已有 { $about } 封。
     }
    .meaning = 两边一起搬,同一封邮件可能存入两次,所以已停下,没有再存。已搬的都在。
    .todo = 如果服务商的搬家工具或某个邮件程序正在搬,请等它搬完或让它停下,然后继续。它搬来的不会重复搬。
cause-layout_changed = 这次搬家先前是按另一套文件夹选项安排的。
    .meaning = 换了选项接着搬,同一封邮件可能存到两处,所以已停止,没有任何改动。
    .todo = 请用和上次一样的选项,或说明要重新安排。
cause-record_lost = 这次搬家存入了哪些邮件,没有完整的记录。
    .meaning = 没有记录就分不清哪些是搬来的、哪些是您自己的,所以什么都没有删除。
    .todo = 新邮箱里不要的邮件,请自己动手删除。
cause-removal_unsupported = 新邮箱不能只删除指定的邮件。
    .meaning = 换别的办法,会把您自己标为删除的邮件也一起清掉,所以什么都没有删除。
    .todo = 新邮箱里不要的邮件,请自己动手删除。
cause-stopped = 已停下,没有搬完。
    .meaning = 已搬的都在,不会重来。
    .todo = 您可以随时再开始,会从这里接着来。

wait-throttled = { $wait ->
        [none] { mailbox }让我们慢一点。这很常见,不会丢信。
       *[other] { mailbox }让我们慢一点,{ $wait }后继续。这很常见,不会丢信。
     }
    .meaning = {""}
    .todo = {""}
wait-offline = 网络断了,连上后自动继续。
    .meaning = {""}
    .todo = {""}
wait-timeout = { mailbox }没有回应,{ $wait ->
        [none] 正在重试。
       *[other] { $wait }后再试。
     }
    .meaning = 不会丢信。
    .todo = {""}
wait-connection_refused = { mailbox }暂时连不上,恢复后自动继续。
    .meaning = 不会丢信。
    .todo = {""}
wait-closed = { mailbox }断开了连接,{ $wait ->
        [none] 正在重新登录。
       *[other] { $wait }后重新登录。
     }
    .meaning = 不会丢信。
    .todo = {""}
wait-server_failed = { $folder ->
        [none] { mailbox }处理一个文件夹时自己出了错
       *[other] { mailbox }处理“{ $folder }”时自己出了错
     },{ $wait ->
        [none] 正在再试。
       *[other] { $wait }后再试。
     }
    .meaning = 不会丢信。
    .todo = {""}
wait-sign_in_refused = { $wait ->
        [none] { mailbox }的密码变了。
       *[other] { mailbox }忽然不接受密码,稍后再试一次。
     }
    .meaning = 已搬的不会重来。
    .todo = { $wait ->
        [none] 请重新输入。
       *[other] 您改过密码?按“现在就试”,就会请您输入。
     }
wait-sign_in_unavailable = { mailbox }暂时不让我们登录{ $wait ->
        [none] 。
       *[other] ,{ $wait }后继续。
     }
    .meaning = 不会丢信。
    .todo = {""}
wait-quota_full = { $done ->
        [none] 新邮箱满了。
       *[other] 新邮箱满了,停在 { $done } 封。
     }
    .meaning = 已搬的不会重来。
    .todo = 扩容后按继续。
wait-disk_full = { $place ->
        [none] 磁盘已满,已暂停。
       *[other] 磁盘已满,已暂停:{ $place }
     }
    .meaning = 已保存的都完整。
    .todo = { $needed ->
        [none] 腾出空间后自动继续。
       *[other] 腾出 { $needed } 后自动继续。
     }

problem-message_refused = 新邮箱拒收了一封邮件。
    .meaning = { unharmed }
    .todo = { $repairs ->
        [none] 请再搬一次。如果再次被拒,请从旧邮箱把它存为文件。
       *[other] 小修复也许有用:{ $repairs }。请允许修复后再搬一次;旧邮箱里的原件保持不变。
     }
problem-repaired = 新邮箱拒收了一封邮件的原样,小修复后收下了{ $repairs ->
        [none] 。
       *[other] :{ $repairs }。
     }
    .meaning = 原件在旧邮箱里没有改动;做了备份的话,备份里也有。
    .todo = 不用处理,除非打开后看起来不对。
repair-and = 、
repair-open_end = 补上最后一行的行尾
repair-mbox_line = 去掉开头一行邮件文件的“From …”
repair-bare_lf = 补全 { $n } 处行尾(最早在第 { $line } 行)
repair-nul = { $n } 个零字节换成空格(最早在第 { $line } 行)
repair-eight_bit_header = 信头里 { $n } 个不允许的字节改为编码(最早在第 { $line } 行)
repair-long_line = 折断 { $n } 行过长的行(最早是第 { $line } 行)
problem-quota_full = 新邮箱满了。
    .meaning = 还没搬的都在旧邮箱里,没有改动。
    .todo = 请清出空间或扩容,然后再搬一次:只会存入还缺的。
problem-gone = 有一封以前搬好的邮件已不在新邮箱里。
    .meaning = 它在新邮箱里被移动或删除了;没有您的要求不会放回去。
    .todo = 如果是您自己做的,不用处理。
problem-maybe_twice = 有一封邮件在新邮箱里可能有两份。
    .meaning = 无法确定它是否已经存入,所以宁可多存,也不丢失。
    .todo = 请看看这两封,如果一样,可删去一封。
problem-deleted_at_source = 有一封以前搬好的邮件已不在旧邮箱里。
    .meaning = 它仍保留在新邮箱和备份里。
    .todo = 不用处理。
problem-already_elsewhere = { $detail ->
        [none] 有一封邮件在搬家前就在新邮箱的另一个文件夹里,不再搬。
       *[other] 有一封邮件在搬家前就在新邮箱的另一个文件夹里,不再搬:{ $detail }
     }
    .meaning = 它留在那里,只有一份。
    .todo = 不用处理,除非您希望原来的文件夹里也有它。
problem-changed_by_server = 新邮箱保存的一封邮件与原件略有不同。
    .meaning = 服务器改动了收到的内容;备份里有原件。
    .todo = 不用处理,除非打开后看起来不对。
problem-renamed = { $detail ->
        [none] 有一个文件夹在新邮箱里换了名字。
       *[other] 有一个文件夹在新邮箱里换了名字:{ $detail }
     }
    .meaning = 其中的邮件是完整的。
    .todo = 不用处理。
problem-virtual_folder = 有一个文件夹汇总显示其他文件夹的邮件,没有复制。
    .meaning = 同时在其他文件夹里的邮件会从那里搬;只在这里的邮件没有搬。
    .todo = 请看看里面:把只在那里的邮件放进一个文件夹,再搬一次。
problem-folder_unreadable = 旧邮箱列出了一个名称无法读取的文件夹。
    .meaning = 其中的邮件没有搬,也不在备份里。
    .todo = 请在网页邮箱里找到它,改成简单的名称,再搬一次。
problem-kept_changed = 搬来后动过,留在新邮箱。
    .meaning = 您在新邮箱里读过或标记过它,不会擅自撤回。
    .todo = 不要的话,请自己动手删除。
problem-kept_in_doubt = 不确定是否由这次搬家存入,原样留着。
    .meaning = 搬家恰好在传送它时中断了。
    .todo = 再搬一次,然后撤销;或者自己找一找。
problem-kept_only_copy = 现在只在新邮箱里有,留着。
    .meaning = 旧邮箱和备份里都没有它,删掉就再也没有了。
    .todo = 什么都不用做。
problem-kept_renumbered = 新邮箱给这个文件夹重新编了号,里面的邮件都留着。
    .meaning = 那里分不清哪些是搬来的、哪些是您自己的。
    .todo = 再搬一次,它会重新认出自己的邮件,然后撤销。
problem-missing = 有一封邮件在新邮箱或备份里找不到。
    .meaning = { unharmed }
    .todo = 请再搬一次:只会存入还缺的。
problem-different = 有一封邮件与原件不同。
    .meaning = { unharmed }
    .todo = 请在两边打开比较;备份里有原件。
problem-flags_differ = 有一封邮件的标记不同(已读、已回复、星标)。
    .meaning = 内容是一样的。
    .todo = 如果是您在新邮箱里标记的,不用处理。
problem-date_differs = 有一封邮件的收到日期不同。
    .meaning = 内容是一样的,只是在列表里的位置可能不同。
    .todo = 不用处理。
problem-archive_damaged = 备份里有内容已损坏。
    .meaning = 邮箱里的邮件不受影响。
    .todo = 请保留这个文件夹不动,并在另一个文件夹里重新备份。
problem-unknown = { $code }
    .meaning = {""}
    .todo = 请再搬一次。如果又出现,请把这一行发给我们。
