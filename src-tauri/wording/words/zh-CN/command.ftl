# 命令行:帮助、参数错误、提问、进度。

help-usage = 用法:
help-about = 邮渡为您的邮箱搬家:复制邮件,证明副本完整,旧邮箱只读不改。
help-after = SOURCE(旧邮箱)和 TARGET(新邮箱):imaps://用户@主机[:端口],或 imap://用户@主机[:端口][?security=starttls|none]。
    用户名要用百分号编码:anna%40example.com。SOURCE 也可以是 file:目录,即邮渡做的备份。
    密码从不写在参数里:来自环境变量、系统密码库,或在终端上询问。

    退出码:0 全部完成;1 已结束,有的要请您看;2 参数不对;3 没能开始;
    4 中途停下:同一条命令会从那里接着来。

    某个命令的帮助:mailferry-cli move --help
help-check = 登录两边,查看并安排;不做任何改动
help-check-after = 例如:
      mailferry-cli check imaps://anna%40example.com@imap.old.example imaps://anna%40example.com@imap.new.example
help-move = 复制那边还没有的邮件;再运行一次只复制新的
help-move-after = 例如:
      mailferry-cli move imaps://anna%40example.com@imap.old.example imaps://anna%40example.com@imap.new.example --backup anna

    按 Ctrl-C 会安全停下;同一条命令会从那里接着来。旧邮箱只读不改。
    搬完后请核对副本:mailferry-cli verify SOURCE TARGET
help-backup = 把邮箱保存到目录,并读回证明完整;再运行一次只保存新的
help-backup-after = 例如:
      mailferry-cli backup imaps://anna%40example.com@imap.old.example anna

    以后检查它:mailferry-cli verify anna
help-verify = 逐封核对:两个邮箱、邮箱和它的备份,或备份自身
help-verify-after = 例如:
      mailferry-cli verify imaps://anna%40example.com@imap.old.example imaps://anna%40example.com@imap.new.example
      mailferry-cli verify imaps://anna%40example.com@imap.old.example anna
      mailferry-cli verify anna
help-undo = 撤销搬家:从新邮箱删除 move 存入、此后没动过的邮件
help-undo-after = 例如:
      mailferry-cli undo imaps://anna%40example.com@imap.old.example imaps://anna%40example.com@imap.new.example

    只删除旧邮箱或备份里还有的邮件,以及搬家新建的、已经空了的文件夹。
    保留下来的会逐一说明。JSON 里 found = removed + kept + skipped + failed + gone。按 Ctrl-C 会安全停下;
    同一条命令会从那里接着来。以后再 move,会全部重新存入。

heading-commands = 命令
heading-places = 从哪里到哪里
heading-general = 一般选项
heading-access = 登录与信任
heading-layout = 搬哪些,放到哪里
heading-pace = 快慢
heading-move = 搬家
heading-undo = 撤销
heading-verify = 核对

arg-home = 邮渡自己的目录:存放搬家记录。通常为系统的数据目录
arg-lang = 语言:en 或 zh-CN。通常跟随系统
arg-json = 在标准输出打印一个 JSON 对象作为结果
arg-help = 显示这份帮助
arg-version = 显示版本
arg-source = 旧邮箱,或 file:目录
arg-target = 新邮箱
arg-directory = 备份所在或将在的目录
arg-first = 旧邮箱,或备份的目录
arg-second = 新邮箱,或备份的目录;不写则核对备份自身
arg-level = identical:逐字节,连同标记和日期;present:只看每封在不在。通常为 identical
arg-backup = 同时把每封邮件保存到这个目录;旧邮箱只读取一次
arg-repair = 新邮箱因内容格式拒收的邮件,用它能接受的最小修复再存;每一处都会列出,原件不变
arg-put_back = 以前搬好、后来从新邮箱消失的邮件再存一次
arg-yes = 不询问就删除
arg-even_if_elsewhere = 搬家前就在新邮箱另一个文件夹里的邮件也搬
arg-go_on_anyway = 即使另一个程序也在往新邮箱搬同样的邮件,仍然继续
arg-source_password_env = 存放旧邮箱密码的环境变量;不写则查系统密码库,再在终端上询问
arg-target_password_env = 存放新邮箱密码的环境变量;不写则查系统密码库,再在终端上询问
arg-source_auth = 怎样登录旧邮箱。通常用它提供的最好方式
arg-target_auth = 怎样登录新邮箱。通常用它提供的最好方式
arg-source_admin = 以这个管理员的身份登录旧邮箱,代其用户
arg-target_admin = 以这个管理员的身份登录新邮箱,代其用户
arg-source_trust = 只信任旧服务器的这张证书(SHA-256 指纹)
arg-target_trust = 只信任新服务器的这张证书(SHA-256 指纹)
arg-ca = 也信任这个签发机构的证书(PEM 文件)
arg-into = 全部放到这个文件夹下面;@ 表示以旧邮箱命名
arg-folders = 只搬路径相符的文件夹;* 代表任意文字。可重复
arg-skip_folders = 略过路径相符的文件夹。可重复
arg-since = 只搬这一天及以后收到的邮件:2020-01-31(UTC)
arg-before = 只搬这一天以前收到的邮件:2020-01-31(UTC)
arg-max_size = 略过比这更大的邮件
arg-map = 给文件夹换个名字:客户/旧=归档。可重复
arg-replan = 重新安排:这些选项与上次不同时需要
arg-connections = 每边最多几个连接。通常以合算为准
arg-limit_rate = 每秒最多多少字节
arg-limit_messages = 每秒最多多少封
arg-patience = 服务器不在或磁盘已满时等多久。通常 10 分钟;0 为不等

usage-no-command = 请说明要做什么:check(检查)、move(搬家)、backup(备份)、verify(核对)或 undo(撤销)。
usage-unknown-command = 没有“{ $command }”这个命令。有 check(检查)、move(搬家)、backup(备份)、verify(核对)和 undo(撤销)。
usage-too-many = “{ $argument }”多余了。含有空格的路径或名字请放在引号里。
usage-unknown = 这里没有 { $argument } 这个选项。
usage-missing = 还缺少:{ $argument }
usage-no-value = { $argument } 后面要有一个值。
usage-not-allowed = { $argument } 不能是“{ $value }”。可以是:{ $allowed }
usage-bad-fingerprint = { $argument } 要的是 SHA-256 指纹:64 位 0–9 和 a–f,可带冒号。
usage-bad-date = { $argument } 要的是日期,如 2020-01-31,而不是“{ $value }”。
usage-bad-map = { $argument } 要写成 OLD=NEW,即两个文件夹名,而不是“{ $value }”。
usage-bad-positive = { $argument } 要的是大于 0 的数,而不是“{ $value }”。
usage-bad-minutes = { $argument } 要的是分钟数,0 或更大,而不是“{ $value }”。
usage-bad-number = “{ $value }”不是 { $argument } 可用的数。
usage-twice = { $argument } 写了两次。
usage-encoding = 有一个参数不是有效的文字(UTF-8)。
usage-other = 这些参数无法理解。
usage-see = 查看帮助:{ $command }

url-no_scheme = { $which } 应写成 imaps://用户@主机
url-scheme = { $which } 以“{ $part }”开头。可以用 imaps:// 或 imap:// 开头
url-password = { $which } 里有密码。这台电脑上的每个程序都能看到它:请拿掉,改用 { $option },或在询问时输入。如果是含有冒号的用户名,请写 %3A。
url-no_user = { $which } 缺少用户名:imaps://用户@主机。anna@example.com 要写成 anna%40example.com@主机。
url-user = { $which } 里的用户名编码不对。% 后面要有两位 0–9 或 a–f:@ 写成 %40,% 写成 %25。
url-no_host = { $which } 缺少服务器名:imaps://用户@主机
url-host = { $which } 的服务器名里有不该有的内容:{ $part }
url-port = { $which } 的端口不是 1 到 65535 的数:{ $part }
url-path = { $which } 在服务器名后面还有内容。选择文件夹请用 --folder。
url-parameter = { $which } 有不认识的部分“{ $part }”。? 后面只能是 security=starttls 或 security=none,且用于 imap://
url-security = { $which } 的 security 不能是“{ $part }”。imaps:// 一开始就加密;imap:// 可用 starttls 或 none。
wrong-pop3 = { $which }:这个版本不支持 POP3。如果服务商提供,请用 imaps://。
wrong-target = TARGET 必须是邮箱。要把邮件保存到这台电脑,请用:mailferry-cli backup SOURCE DIR
wrong-backup-source = 这已经是备份。要检查它,请用:mailferry-cli verify DIR
wrong-no_directory = 没有这个目录:{ $path }
wrong-no_archive = { $path } 不是目录。file: 后面要写邮渡做的备份的目录;这个版本不支持 mbox 文件和其他形式。
wrong-alone = 只有一个邮箱无法核对。请说明和什么比较:另一个邮箱,或备份的目录。
wrong-undo-yes = undo 会删除 TARGET 里的邮件,而这里无法询问您:确定要删,请写 --yes。
wrong-variable = { $option } 所指的环境变量 { $variable } 没有设置。
wrong-ca = --ca 所指的文件读不了:{ $path }
wrong-home = 系统没有给出数据目录。请用 --home DIR 指定一个

ask-password = { $provider ->
    [none] { mailbox }的密码({ $user },{ $host }):
   *[other] { mailbox }的{ $password }({ $user },{ $provider }):
 }
ask-undo = 从新邮箱删除这 { $n } 封邮件吗?[y/N]
phase-connecting = 正在登录
phase-survey = 正在查看两个邮箱
phase-backup = 正在备份到这台电脑
phase-prove = 正在读回备份
phase-move = 正在搬家
phase-verify = 正在逐封核对
phase-undo = 正在撤销搬家
progress-count = { $done } / { $total } 封
progress-left = 约还需 { $time }
progress-paused = 已暂停
stopping = 正在停下,请稍候,免得留下疑问;再按一次 Ctrl-C 立即结束。
details = 详情:{ $words }
steps = 怎么获取({ $provider }):
hint-undo-no = 什么都没有删除。
hint-verify = 要逐封核对副本,请用:mailferry-cli verify SOURCE TARGET
hint-repair = 要允许把这样的邮件做最小的修复再存,请在同一条命令后加上 --repair
hint-gone = 要把那里不见了的再存一次:--put-back
hint-again = 同一条命令会从那里接着来。
hint-stopped = 已做的都在:同一条命令会从那里接着来。
hint-no_credentials = 请在终端上运行以便询问,或指定存放密码的环境变量:{ $option }
hint-variable = 这个密码来自环境变量 { $variable }。
hint-certificate_untrusted = 自己的签发机构:--ca FILE。核对指纹后只信任这张证书:{ $option }
hint-certificate_changed = 核对指纹后只信任这张证书:{ $option }
hint-layout_changed = 重新安排:--replan
hint-other_copier = 仍要继续:--go-on-anyway
hint-elsewhere = 那边其他文件夹里已有的也要搬:--even-if-elsewhere
hint-starttls_missing = 只有在本机或您独用的网络上才可:imap://...?security=none 会不加保护地发送密码。
hint-disk_failed = 换一个位置存放记录:--home DIR
