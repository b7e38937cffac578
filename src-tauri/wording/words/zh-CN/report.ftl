# 一次运行的报告,纯文本。

report-head-complete-check = { $stored } 封邮件,可以搬了
report-head-complete-move = 全部搬完
report-head-complete-move-verified = 全部搬完,逐封核对一致
report-head-complete-backup = 备份完整:{ $proved } 封全部读回,逐字节一致
report-head-complete-verify = 逐封核对完毕,全部一致
report-head-problems-check = 开始前请看 { $problems } 件事
report-head-problems-move = 搬完了,{ $look } 封要请您看
report-head-problems-backup = 备份完了,{ $look } 封要请您看
report-head-problems-verify = 核对完了,{ $look } 封要请您看
report-head-complete-undo = 搬家已撤销:从新邮箱删除了 { $stored } 封
report-head-complete-undo_look = 这次搬来的邮件中,有 { $stored } 封可以撤回
report-head-problems-undo = 已撤销,{ $look } 封要请您看
report-head-problems-undo_look = 开始前请看 { $problems } 件事
report-head-stopped-undo = 已停下,搬家只撤销了一部分
report-head-stopped = 已停下,没有搬完
report-head-failed = 没能开始

report-found = 旧邮箱共有
report-compared = 核对
report-stored = 已存入
report-to_store = 要搬
report-backed_up = 已存入备份
report-equal = 一致
report-already = 已经在那里
report-skipped = 按您的要求略过
report-failed = 没有搬成
report-differ = 缺少或不同
report-gone = 之后在新邮箱里被移动或删除
report-moved = 这次搬家存入
report-removed = 已从新邮箱删除
report-to_remove = 要从新邮箱删除
report-kept = 保留
report-not_removed = 没有删成
report-size = { $size },用时 { $time }
report-time = 用时 { $time }
report-size-check = { $folders } 个文件夹,{ $size }{ $room ->
    [yes] ,新邮箱放得下
    [no] ,新邮箱还差 { $lack }
   *[untold] {""}
 }{ $time ->
    [none] {""}
   *[other] ,约 { $time }
 }。
report-oldest = 最早一封是 { $date }。您有更早的邮件吗?有的话,请在它的网页设置里让邮件程序看到全部邮件。
report-backup = 备份完整:{ $proved } 封全部读回,逐字节一致。
report-empty = 这里没有看到邮件。是这个邮箱吗?
report-folder-uid = { $folder },第 { $uid } 号邮件
report-more = 另有 { $n } 封
report-notices = 供您了解
report-problems = 请您看看
report-words = 服务器原话:{ $words }
